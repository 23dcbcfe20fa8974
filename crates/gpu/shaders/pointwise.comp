#version 460
// One function of the pointwise table, or a gradient of one: FUNCTION is defined for each in turn, and
// OPERATION is its number. Parameters 3 and 4 are the formula's own.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "extended.glsl"
#include "elementwise.glsl"
#include "polynomials.glsl"
#include "table.glsl"

uvec2 compute(uvec2 a, uvec2 b, uvec2 c) {
    float x = as_float(a, TYPE_A);
    float y = OPERANDS > 2u ? as_float(b, TYPE_B) : 0.0;
    float z = OPERANDS > 3u ? as_float(c, TYPE_C) : 0.0;
    return from_float(FUNCTION(x, y, z, param_float(3), param_float(4)), TYPE_OUT);
}
