#version 460
// Running sums along every line, a workgroup each.
// Parameters: 0 lines, 1 length, 2 step, 3 source, 6 target, 9 what lines carry from one dispatch to the next, if
// there are several, 12 and 13 where along the lines to begin and end.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "integer.glsl"
layout(local_size_x = 128) in;
layout(constant_id = 0) const uint WHOLE = 0u;
layout(constant_id = 1) const uint TYPE = 0u;

#ifdef DOUBLE
const uint KEPT = F64;
#else
const uint KEPT = F32;
#endif

shared REAL floats[128];
shared uvec2 wholes[128];

void main() {
    uint lines = param(0);
    uint length = param(1);
    uint step = param(2);
    uint lane = gl_LocalInvocationID.x;
    uint line = flat_group();
    if (line >= lines) return;
    uint first = line / step * length * step + line % step;
    REAL carried = 0.0;
    uvec2 carried_whole = uvec2(0u);
    if (param(12) > 0u) {
        if (WHOLE == 1u) carried_whole = load_raw(param_address(9), line, I64); else carried = load_float(param_address(9), line, KEPT);
    }
    uint end = param(13);
    for (uint start = param(12); start < end; start += 128u) {
        uint i = start + lane;
        uint at = first + i * step;
        uvec2 raw = i < length ? load_raw(param_address(3), param(5) + at, TYPE) : uvec2(0u);
        if (WHOLE == 1u) wholes[lane] = as_integer(raw, TYPE); else floats[lane] = i < length ? as_float(raw, TYPE) : 0.0;
        for (uint reach = 1u; reach < 128u; reach <<= 1) {
            barrier();
            REAL before = lane >= reach ? floats[lane - reach] : 0.0;
            uvec2 before_whole = lane >= reach ? wholes[lane - reach] : uvec2(0u);
            barrier();
            if (WHOLE == 1u) wholes[lane] = add64(wholes[lane], before_whole); else if (lane >= reach) floats[lane] += before;
        }
        barrier();
        if (i < length) {
            uvec2 sum = WHOLE == 1u ? from_integer(add64(carried_whole, wholes[lane]), TYPE)
                : from_float(start == 0u ? floats[lane] : carried + floats[lane], TYPE);
            store_raw(param_address(6), param(8) + at, TYPE, sum);
        }
        carried += floats[127];
        carried_whole = add64(carried_whole, wholes[127]);
        barrier();
    }
    if (lane != 0u || end == length) return;
    if (WHOLE == 1u) store_raw(param_address(9), line, I64, carried_whole); else store_raw(param_address(9), line, KEPT, from_float(carried, KEPT));
}
