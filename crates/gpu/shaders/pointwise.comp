#version 460
// One function of the pointwise table, or a gradient of one: FUNCTION is defined for each in turn, and
// OPERATION is its number. Parameters 2 and 4 are the formula's own.
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

uvec2 compute(uint i) {
    REAL a = as_float(input_a(i), TYPE_A);
    REAL b = OPERANDS > 2u ? as_float(input_b(i), TYPE_B) : REAL(0.0);
    REAL c = OPERANDS > 3u ? as_float(input_c(i), TYPE_C) : REAL(0.0);
    return from_float(FUNCTION(a, b, c, param_number(2), param_number(4)), TYPE_OUT);
}
