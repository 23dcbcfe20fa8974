#version 460
// The position of the first extreme of every line; NaN counts as the extreme. A line's elements are
// `step` apart.
// Parameters: 0 lines, 1 length, 2 step, 3 source, 6 target, which also has what was found before, 9 and 10 where
// along the lines to begin and end.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "order.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint LEAST = 0u;
layout(constant_id = 1) const uint TYPE_IN = 0u;

shared uvec2 best_key[64];
shared uint best_at[64];

// Greater is better; a key turned around makes the least the greatest, but NaN stays on top.
uvec2 rank_of(uvec2 raw) {
    uvec2 key = key_of(raw, TYPE_IN);
    bool nan = is_floating(TYPE_IN) && key == NAN_KEY;
    return LEAST == 0u || nan ? key : ~key;
}

void main() {
    uint lines = param(0);
    uint length = param(1);
    uint step = param(2);
    uint lane = gl_LocalInvocationID.x;
    uint line = flat_group();
    bool valid = line < lines;
    uvec2 key = uvec2(0u);
    uint at = ~0u;
    if (valid) {
        uint first = param(5) + line / step * length * step + line % step;
        uint begin = param(9);
        if (begin > 0u && lane == 0u) {
            at = load_raw(param_address(6), param(8) + line, I64).x;
            key = rank_of(load_raw(param_address(3), first + at * step, TYPE_IN));
        }
        uint end = param(10);
        for (uint i = begin + lane; i < end; i += 64u) {
            uvec2 other = rank_of(load_raw(param_address(3), first + i * step, TYPE_IN));
            if (at == ~0u || less_key(key, other)) {
                key = other;
                at = i;
            }
        }
    }
    best_key[lane] = key;
    best_at[lane] = at;
    for (uint half_way = 32u; half_way > 0u; half_way >>= 1) {
        barrier();
        if (lane < half_way) {
            uvec2 other = best_key[lane + half_way];
            uint there = best_at[lane + half_way];
            bool better = less_key(best_key[lane], other)
                || (best_key[lane] == other && there < best_at[lane]);
            if (there != ~0u && (best_at[lane] == ~0u || better)) {
                best_key[lane] = other;
                best_at[lane] = there;
            }
        }
    }
    if (valid && lane == 0u) store_raw(param_address(6), param(8) + line, I64, uvec2(best_at[0], 0u));
}
