#version 460
// Copies, from any layout to any, and conversions between dtypes.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "integer.glsl"
#include "elementwise.glsl"

bool is_float(uint dtype) { return dtype == F32 || dtype == F16 || dtype == BF16; }

uvec2 compute(uvec2 raw, uvec2 b, uvec2 c) {
    if (TYPE_A == TYPE_OUT) return raw;
    if (is_float(TYPE_A)) {
        float x = as_float(raw, TYPE_A);
        if (is_float(TYPE_OUT)) return from_float(x, TYPE_OUT);
        if (TYPE_OUT == BOOL) return uvec2((floatBitsToUint(x) << 1) == 0u ? 0u : 1u, 0u);
        return from_integer(integer_of(x), TYPE_OUT);
    }
    uvec2 x = as_integer(raw, TYPE_A);
    if (is_float(TYPE_OUT)) return from_float(float_of64(x), TYPE_OUT);
    return from_integer(x, TYPE_OUT);
}
