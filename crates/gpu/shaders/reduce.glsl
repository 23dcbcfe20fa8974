// Sums, products and extremes over any dims, in two ways: a workgroup per result, when what is folded
// lies side by side, or an invocation per result, when the results do. Long folds are cut into pieces
// that a second dispatch folds again; how is a function of the shapes alone.
//
// Parameters: 0 results, 1 folded elements of each, 2 of them per piece, 3 pieces, 4 source (address,
// offset), 7 target, 10 dims of the results, 11 folded dims, then sizes and strides of both.
layout(local_size_x = 256) in;

layout(constant_id = 0) const uint OPERATION = 0u; // sum, product, max, min
layout(constant_id = 1) const uint TYPE_IN = 0u;
layout(constant_id = 2) const uint TYPE_OUT = 0u;
layout(constant_id = 3) const uint BY_GROUP = 0u;

#define THREADS 256u
#include "fold.glsl"

uint offset_of(uint i, uint first, uint rank) {
    uint offset = 0u;
    for (uint d = rank; d > 0u; d--) {
        uint size = param(first + d - 1u);
        uint rest = i / size;
        offset += (i - rest * size) * param(first + rank + d - 1u);
        i = rest;
    }
    return offset;
}

void main() {
    uint results = param(0);
    uint folded = param(1);
    uint piece = param(2);
    uint pieces = param(3);
    uvec2 source = param_address(4);
    uint kept_rank = param(10);
    uint folded_rank = param(11);
    uint folded_first = 12u + 2u * kept_rank;
    uint lane = BY_GROUP == 1u ? lane_of() : 0u;
    uint lanes = BY_GROUP == 1u ? 256u : 1u;
    uint job = BY_GROUP == 1u ? flat_group() : flat_group() * 256u + gl_LocalInvocationID.x;
    bool valid = job < results * pieces;
    VALUE value = identity();
    uint result = 0u;
    uint part = 0u;
    if (valid) {
        // Neighbouring invocations have neighbouring results.
        result = BY_GROUP == 1u ? job / pieces : job % results;
        part = BY_GROUP == 1u ? job % pieces : job / results;
        uint base = param(6) + offset_of(result, 12u, kept_rank);
        uint end = min(folded, (part + 1u) * piece);
        for (uint i = part * piece + lane; i < end; i += lanes) {
            value = combine(value, load_value(source, base + offset_of(i, folded_first, folded_rank)));
        }
    }
    if (BY_GROUP == 1u) value = fold(lane, value);
    if (valid && lane == 0u) {
        store_raw(param_address(7), param(9) + result * pieces + part, TYPE_OUT, from_value(value));
    }
}
