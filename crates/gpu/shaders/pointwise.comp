#version 460
// One function of the pointwise table, or a gradient of one: FUNCTION is defined for each in turn, and
// OPERATION is its number. Parameters 3 and 5 are the formula's own.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "elementwise.glsl"
#ifdef DOUBLE
#include "integer.glsl"
#include "pair.glsl"
#include "double_exponential.glsl"
#include "double_power.glsl"
#include "double_angle.glsl"
#include "double_error.glsl"
#include "table_double.glsl"
#else
#include "extended.glsl"
#include "polynomials.glsl"
#include "table.glsl"
#endif

uvec2 compute(uvec2 a, uvec2 b, uvec2 c) {
    REAL x = as_float(a, TYPE_A);
    REAL y = OPERANDS > 2u ? as_float(b, TYPE_B) : REAL(0.0);
    REAL z = OPERANDS > 3u ? as_float(c, TYPE_C) : REAL(0.0);
    return from_float(FUNCTION(x, y, z, param_number(3), param_number(5)), TYPE_OUT);
}
