#version 460
// Adds every element of a source to the place along one dim that an index names. One invocation has
// a whole line, in order, so that sums have one order.
// Parameters: 0 lines, 1 rank, 2 dim, 3 faults, 5 source, 8 index, 11 output, 14 and 15 where along the lines to
// begin and end; then the index's sizes, the output's sizes.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "integer.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint TYPE = 0u;

const uint SIZES = 16u;

void main() {
    uint line = flat_group() * 64u + gl_LocalInvocationID.x;
    if (line >= param(0)) return;
    uint rank = param(1);
    uint dim = param(2);
    uint from = 0u;
    uint to = 0u;
    uint from_stride = 1u;
    uint to_stride = 1u;
    uint from_step = 0u;
    uint to_step = 0u;
    uint rest = line;
    for (uint d = rank; d > 0u; d--) {
        uint size = param(SIZES + d - 1u);
        if (d - 1u == dim) {
            from_step = from_stride;
            to_step = to_stride;
        } else {
            uint coordinate = rest % size;
            rest /= size;
            from += coordinate * from_stride;
            to += coordinate * to_stride;
        }
        from_stride *= size;
        to_stride *= param(SIZES + rank + d - 1u);
    }
    uint end = param(15);
    uint bound = param(SIZES + rank + dim);
    for (uint i = param(14); i < end; i++) {
        uint at = from + i * from_step;
        uvec2 wanted = load_raw(param_address(8), param(10) + at, I64);
        if (wanted.y != 0u || wanted.x >= bound) {
            atomicMax(Words(param_address(3)).w[0], 2u);
            continue;
        }
        uint place = param(13) + to + wanted.x * to_step;
        uvec2 added = load_raw(param_address(5), param(7) + at, TYPE);
        uvec2 before = load_raw(param_address(11), place, TYPE);
        uvec2 sum = TYPE == I64 || TYPE == U8 || TYPE == BOOL
            ? from_integer(add64(as_integer(before, TYPE), as_integer(added, TYPE)), TYPE)
            : from_float(as_float(before, TYPE) + as_float(added, TYPE), TYPE);
        store_raw(param_address(11), place, TYPE, sum);
    }
}
