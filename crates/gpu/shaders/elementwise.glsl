// The frame of every shader that computes elements one by one: where operands lie, and four elements per
// invocation, which are moved as a whole where they lie side by side.
//
// How operands lie is a parameter, so that a shader is one program for every layout.
//
// Parameters: 0 elements, 1 dims, 2 what is moved by fours, 3..6 of the operation, 7 where faults are
// noted, 9 three words per operand (address, offset), the output first; then from the last dim to the
// first, strides of the four operands and the size, which the first dim goes without. Two dims are pushed.
#include "fours.glsl"
layout(local_size_x = 256) in;

layout(constant_id = 0) const uint OPERATION = 0u;
layout(constant_id = 1) const uint OPERANDS = 1u;
layout(constant_id = 2) const uint TYPE_OUT = 0u;
layout(constant_id = 3) const uint TYPE_A = 0u;
layout(constant_id = 4) const uint TYPE_B = 0u;
layout(constant_id = 5) const uint TYPE_C = 0u;

// Values of parameter 2: nothing, the output alone (it lies side by side from its first element), all
// operands (each lies side by side along the last dim, or has one element for all of it).
const uint BY_FOURS_OUT = 1u;
const uint BY_FOURS = 2u;
const uint OPERATION_PARAM = 3u;
const uint OPERAND = 9u;
const uint DIMS = 21u;

void fault(uint code) { atomicMax(Words(param_address(7)).w[0], code); }

uvec4 four_params(uint i) { return uvec4(param(i), param(i + 1u), param(i + 2u), param(i + 3u)); }
uvec2 address_of(uint operand) { return param_address(OPERAND + 3u * operand); }

// Where in their memories the operands have the output's element i. Most walks have one dim or two, and
// find all they need in what is pushed.
uvec4 places_of(uint i) {
    uvec4 at = uvec4(param(OPERAND + 2u), param(OPERAND + 5u), param(OPERAND + 8u), param(OPERAND + 11u));
    uvec4 strides = four_params(DIMS);
    uint size = param(DIMS + 4u);
    uint dims = param(1);
    for (uint d = 1u; d < dims; d++) {
        uint rest = i / size;
        at += (i - rest * size) * strides;
        i = rest;
        if (d == 1u) {
            strides = four_params(DIMS + 5u);
        } else {
            uint o = 5u * d - 9u;
            strides = uvec4(other_param(o), other_param(o + 1u), other_param(o + 2u), other_param(o + 3u));
        }
        if (d + 1u < dims) size = other_param(5u * d - 5u);
    }
    return at + i * strides;
}

// Four elements of an operand: neighbours, or one for all of them.
Four four_of(uint operand, uint at, uint dtype) {
    if (param(DIMS + operand) != 0u) return load_four(address_of(operand), at, dtype);
    uvec2 raw = load_raw(address_of(operand), at, dtype);
    return Four(uvec4(raw.x), uvec4(raw.y));
}

#ifdef PLACES
// The shader reads memory itself, and is given where.
const bool READS = false;
uvec2 fetch(uint operand, uint at, uint dtype) { return uvec2(at, 0u); }
#else
const bool READS = true;
uvec2 fetch(uint operand, uint at, uint dtype) { return load_raw(address_of(operand), at, dtype); }
#endif

// An element of the output from those of the inputs: what each shader defines.
uvec2 compute(uvec2 a, uvec2 b, uvec2 c);

void main() {
    uint count = param(0);
    uint first = (flat_group() * 256u + gl_LocalInvocationID.x) * 4u;
    if (first >= count) return;
    uint by_fours = first + 4u <= count ? param(2) : 0u;
    bool reads_fours = READS && by_fours == BY_FOURS;
    uint to;
    Four a;
    Four b;
    Four c;
    Four y;
    // Not written out four times: drivers take long enough to compile one formula.
    [[dont_unroll]] for (uint k = 0u; k < min(4u, count - first); k++) {
        uvec2 raw_a;
        uvec2 raw_b;
        uvec2 raw_c;
        if (k == 0u || !reads_fours) {
            uvec4 at = places_of(first + k);
            if (k == 0u || by_fours == 0u) to = at.x;
            if (reads_fours) {
                if (OPERANDS > 1u) a = four_of(1u, at.y, TYPE_A);
                if (OPERANDS > 2u) b = four_of(2u, at.z, TYPE_B);
                if (OPERANDS > 3u) c = four_of(3u, at.w, TYPE_C);
            } else {
                if (OPERANDS > 1u) raw_a = fetch(1u, at.y, TYPE_A);
                if (OPERANDS > 2u) raw_b = fetch(2u, at.z, TYPE_B);
                if (OPERANDS > 3u) raw_c = fetch(3u, at.w, TYPE_C);
            }
        }
        if (reads_fours) {
            if (OPERANDS > 1u) raw_a = turned(a);
            if (OPERANDS > 2u) raw_b = turned(b);
            if (OPERANDS > 3u) raw_c = turned(c);
        }
        uvec2 raw = compute(raw_a, raw_b, raw_c);
        if (by_fours == 0u) store_raw(address_of(0u), to, TYPE_OUT, raw); else append(y, raw);
    }
    if (by_fours != 0u) store_four(address_of(0u), to, TYPE_OUT, y);
}
