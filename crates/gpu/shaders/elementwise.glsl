// The frame of every shader that computes elements one by one: where operands lie, and four elements
// per invocation so that narrow dtypes are written as whole words.
//
// Parameters: 0 elements, 1 rank, 2..5 of the operation, 6 where faults are noted, 8 three words per
// operand (address, offset), the output first; then the sizes of the dims, and per operand its strides.
layout(local_size_x = 256) in;

layout(constant_id = 0) const uint OPERATION = 0u;
layout(constant_id = 1) const uint OPERANDS = 1u;
layout(constant_id = 2) const uint TYPE_OUT = 0u;
layout(constant_id = 3) const uint TYPE_A = 0u;
layout(constant_id = 4) const uint TYPE_B = 0u;
layout(constant_id = 5) const uint TYPE_C = 0u;
// How an operand lies: 0 side by side, 1 one element for all, 2 by strides.
layout(constant_id = 6) const uint LIES_OUT = 0u;
layout(constant_id = 7) const uint LIES_A = 0u;
layout(constant_id = 8) const uint LIES_B = 0u;
layout(constant_id = 9) const uint LIES_C = 0u;

const uint HEADER = 8u;

void fault(uint code) { atomicMax(Words(param_address(6)).w[0], code); }

uvec2 address_of(uint operand) { return param_address(HEADER + 3u * operand); }

// Where in its memory an operand has the output's element i.
uint place_of(uint operand, uint lies, uint i) {
    uint offset = param(HEADER + 3u * operand + 2u);
    if (lies == 0u) return offset + i;
    if (lies == 1u) return offset;
    uint rank = param(1);
    uint sizes = HEADER + 3u * OPERANDS;
    uint strides = sizes + rank * (1u + operand);
    for (uint d = rank; d > 0u; d--) {
        uint size = param(sizes + d - 1u);
        uint rest = i / size;
        offset += (i - rest * size) * param(strides + d - 1u);
        i = rest;
    }
    return offset;
}

uvec2 input_a(uint i) { return load_raw(address_of(1u), place_of(1u, LIES_A, i), TYPE_A); }
uvec2 input_b(uint i) { return load_raw(address_of(2u), place_of(2u, LIES_B, i), TYPE_B); }
uvec2 input_c(uint i) { return load_raw(address_of(3u), place_of(3u, LIES_C, i), TYPE_C); }

// The bits of the output's element i: what each shader defines.
uvec2 compute(uint i);

void main() {
    uint count = param(0);
    uint first = (flat_group() * 256u + gl_LocalInvocationID.x) * 4u;
    if (first >= count) return;
    uint some = min(4u, count - first);
    uvec2 raw[4];
    for (uint k = 0u; k < 4u; k++) raw[k] = k < some ? compute(first + k) : uvec2(0u);
    uvec2 address = address_of(0u);
    if (LIES_OUT != 0u || some < 4u) {
        for (uint k = 0u; k < some; k++) {
            store_raw(address, place_of(0u, LIES_OUT, first + k), TYPE_OUT, raw[k]);
        }
        return;
    }
    uint at = place_of(0u, LIES_OUT, first);
    if (TYPE_OUT == F16 || TYPE_OUT == BF16) {
        Words(address).w[at >> 1] = raw[0].x | (raw[1].x << 16);
        Words(address).w[(at >> 1) + 1u] = raw[2].x | (raw[3].x << 16);
    } else if (TYPE_OUT == U8 || TYPE_OUT == BOOL) {
        Words(address).w[at >> 2] = (raw[0].x & 0xffu) | ((raw[1].x & 0xffu) << 8)
            | ((raw[2].x & 0xffu) << 16) | (raw[3].x << 24);
    } else {
        for (uint k = 0u; k < 4u; k++) store_raw(address, at + k, TYPE_OUT, raw[k]);
    }
}
