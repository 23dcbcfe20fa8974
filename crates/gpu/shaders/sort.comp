#version 460
// Sorting every line by a bitonic network in memory: 0 writes keys and positions, 1 is one step of the
// network, 2 writes the sorted values and their positions. Equal keys are told apart by position, so
// the order is stable.
// Parameters: 0 lines, 1 length, 2 step, 3 length of the network, 4 and 5 the network's step, 6 source,
// 9 work, 12 values, 15 positions.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "order.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint STAGE = 0u;
layout(constant_id = 1) const uint TYPE = 0u;
layout(constant_id = 2) const uint DESCENDING = 0u;

uint place(uint line, uint i) { return line / param(2) * param(1) * param(2) + line % param(2) + i * param(2); }

void main() {
    uint id = flat_group() * 256u + gl_LocalInvocationID.x;
    uint lines = param(0);
    uint length = param(1);
    uint padded = param(3);
    Words work = Words(param_address(9));
    if (STAGE == 0u) {
        if (id >= lines * padded) return;
        uint i = id % padded;
        uvec2 key = uvec2(~0u);
        if (i < length) {
            key = key_of(load_raw(param_address(6), param(8) + place(id / padded, i), TYPE), TYPE);
            if (DESCENDING == 1u) key = ~key;
        }
        work.w[3u * id] = key.x;
        work.w[3u * id + 1u] = key.y;
        work.w[3u * id + 2u] = i;
    } else if (STAGE == 1u) {
        uint pairs = padded / 2u;
        if (id >= lines * pairs) return;
        uint size = param(4);
        uint apart = param(5);
        uint pair = id % pairs;
        uint i = (pair / apart) * apart * 2u + pair % apart;
        uint a = 3u * (id / pairs * padded + i);
        uint b = a + 3u * apart;
        uvec2 x = uvec2(work.w[a], work.w[a + 1u]);
        uvec2 y = uvec2(work.w[b], work.w[b + 1u]);
        uint p = work.w[a + 2u];
        uint q = work.w[b + 2u];
        bool out_of_order = less_key(y, x) || (x == y && q < p);
        bool rising = (i & size) == 0u;
        if (out_of_order == rising) {
            work.w[a] = y.x; work.w[a + 1u] = y.y; work.w[a + 2u] = q;
            work.w[b] = x.x; work.w[b + 1u] = x.y; work.w[b + 2u] = p;
        }
    } else {
        if (id >= lines * length) return;
        uint line = id / length;
        uint i = id % length;
        uint from = work.w[3u * (line * padded + i) + 2u];
        uvec2 raw = load_raw(param_address(6), param(8) + place(line, from), TYPE);
        store_raw(param_address(12), param(14) + place(line, i), TYPE, raw);
        store_raw(param_address(15), param(17) + place(line, i), I64, uvec2(from, 0u));
    }
}
