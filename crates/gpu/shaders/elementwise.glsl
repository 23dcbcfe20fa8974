// The frame of every shader that computes elements one by one. Where the operands' elements lie side by side
// they are moved by fours; else an invocation computes one element, or those of one word of a narrow dtype.
//
// How operands lie in detail is a parameter, so that there are two programs for all layouts.
//
// Parameters: 0 elements, 1 dims, 2 whether whole words of a narrow output may be written, 3..6 of the
// operation, 7 where faults are noted, 9 three words per operand (address, offset), the output first; then
// from the last dim to the first, strides of the four operands and the size, which the first dim goes without.
// Two dims are pushed.
#include "fours.glsl"
layout(local_size_x = 256) in;

layout(constant_id = 0) const uint OPERATION = 0u;
layout(constant_id = 1) const uint OPERANDS = 1u;
layout(constant_id = 2) const uint TYPE_OUT = 0u;
layout(constant_id = 3) const uint TYPE_A = 0u;
layout(constant_id = 4) const uint TYPE_B = 0u;
layout(constant_id = 5) const uint TYPE_C = 0u;

// Each operand lies side by side along the last dim from a multiple of four, or has one element for all of it.
layout(constant_id = 6) const uint BY_FOURS = 0u;

const uint OPERAND = 9u;
const uint DIMS = 21u;

// Whether the element that is computed is one of the output's: the last four may be fewer.
bool there = true;

void fault(uint code) {
    if (there) atomicMax(Words(param_address(7)).w[0], code);
}

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
uvec2 fetch(uint operand, uint at, uint dtype) { return uvec2(at, 0u); }
#else
uvec2 fetch(uint operand, uint at, uint dtype) { return load_raw(address_of(operand), at, dtype); }
#endif

// An element of the output from those of the inputs: what each shader defines.
uvec2 compute(uvec2 a, uvec2 b, uvec2 c);

uvec2 element(uvec4 at) {
    uvec2 a = OPERANDS > 1u ? fetch(1u, at.y, TYPE_A) : uvec2(0u);
    uvec2 b = OPERANDS > 2u ? fetch(2u, at.z, TYPE_B) : uvec2(0u);
    uvec2 c = OPERANDS > 3u ? fetch(3u, at.w, TYPE_C) : uvec2(0u);
    return compute(a, b, c);
}

void four_elements(uint first, uint count) {
    uvec4 at = places_of(first);
    Four a;
    Four b;
    Four c;
    Four y;
    if (OPERANDS > 1u) a = four_of(1u, at.y, TYPE_A);
    if (OPERANDS > 2u) b = four_of(2u, at.z, TYPE_B);
    if (OPERANDS > 3u) c = four_of(3u, at.w, TYPE_C);
    for (uint k = 0u; k < 4u; k++) {
        there = first + k < count;
        append(y, compute(turned(a), turned(b), turned(c)));
    }
    if (first + 4u <= count) {
        store_four(address_of(0u), at.x, TYPE_OUT, y);
        return;
    }
    for (uint k = first; k < count; k++) store_raw(address_of(0u), at.x++, TYPE_OUT, turned(y));
}

// Elements that share a word.
void narrow_elements(uint first, uint count, uint some) {
    bool whole = param(2) == 1u && first + some <= count;
    uint word = 0u;
    for (uint k = 0u; k < some; k++) {
        if (first + k >= count) break;
        uvec4 at = places_of(first + k);
        uvec2 raw = element(at);
        if (whole) word |= raw.x << (k * (32u / some)); else store_raw(address_of(0u), at.x, TYPE_OUT, raw);
    }
    if (whole) Words(address_of(0u)).w[(param(OPERAND + 2u) + first) / some] = word;
}

void main() {
    uint count = param(0);
    uint id = flat_group() * 256u + gl_LocalInvocationID.x;
    if (BY_FOURS == 1u) {
        if (4u * id < count) four_elements(4u * id, count);
    } else if (TYPE_OUT == F16 || TYPE_OUT == BF16) {
        narrow_elements(2u * id, count, 2u);
    } else if (TYPE_OUT == U8 || TYPE_OUT == BOOL) {
        narrow_elements(4u * id, count, 4u);
    } else if (id < count) {
        uvec4 at = places_of(id);
        store_raw(address_of(0u), at.x, TYPE_OUT, element(at));
    }
}
