#version 460
// Copies, from any layout to any, and conversions between dtypes.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "integer.glsl"
#include "double_bits.glsl"
#include "elementwise.glsl"

uvec2 from_double(uvec2 bits) {
    if (TYPE_OUT == F32) return uvec2(narrow_of_double(bits, 23u, 127), 0u);
    if (TYPE_OUT == F16) return uvec2(narrow_of_double(bits, 10u, 15), 0u);
    if (TYPE_OUT == BF16) return uvec2(narrow_of_double(bits, 7u, 127), 0u);
    if (TYPE_OUT == BOOL) return uvec2((bits.x | (bits.y << 1)) == 0u ? 0u : 1u, 0u);
    return from_integer(integer_of_double(bits), TYPE_OUT);
}

uvec2 from_single(float x) {
    if (TYPE_OUT == F64) return double_of_float(floatBitsToUint(x));
    if (is_floating(TYPE_OUT)) return from_float(x, TYPE_OUT);
    if (TYPE_OUT == BOOL) return uvec2((floatBitsToUint(x) << 1) == 0u ? 0u : 1u, 0u);
    return from_integer(integer_of(x), TYPE_OUT);
}

uvec2 compute(uvec2 raw, uvec2 b, uvec2 c) {
    if (TYPE_A == TYPE_OUT) return raw;
    if (TYPE_A == F64) return from_double(raw);
    if (is_floating(TYPE_A)) return from_single(as_float(raw, TYPE_A));
    uvec2 x = as_integer(raw, TYPE_A);
    if (TYPE_OUT == F64) return double_of64(x);
    if (is_floating(TYPE_OUT)) return from_float(float_of64(x), TYPE_OUT);
    return from_integer(x, TYPE_OUT);
}
