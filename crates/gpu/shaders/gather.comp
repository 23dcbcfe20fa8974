#version 460
// Elements picked along one dim by an index of the output's shape.
// Parameters: 0 elements, 1 rank, 2 dim, 3 faults, 5 source, 8 index, 11 output; then the output's
// sizes, the source's sizes.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "integer.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint TYPE = 0u;

void main() {
    uint id = flat_group() * 256u + gl_LocalInvocationID.x;
    if (id >= param(0)) return;
    uint rank = param(1);
    uint dim = param(2);
    uvec2 wanted = load_raw(param_address(8), param(10) + id, I64);
    uint bound = param(14u + rank + dim);
    bool fits = wanted.y == 0u && wanted.x < bound;
    if (!fits) atomicMax(Words(param_address(3)).w[0], 2u);
    uint rest = id;
    uint at = 0u;
    uint stride = 1u;
    for (uint d = rank; d > 0u; d--) {
        uint size = param(14u + d - 1u);
        uint coordinate = rest % size;
        rest /= size;
        at += (d - 1u == dim ? (fits ? wanted.x : 0u) : coordinate) * stride;
        stride *= param(14u + rank + d - 1u);
    }
    uvec2 raw = fits ? load_raw(param_address(5), param(7) + at, TYPE) : uvec2(0u);
    store_raw(param_address(11), param(13) + id, TYPE, raw);
}
