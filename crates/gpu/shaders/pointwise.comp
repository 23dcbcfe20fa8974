#version 460
// One function of the pointwise table, or a gradient of one: FUNCTION is defined for each in turn, and
// OPERATION is its number. Parameters 2 and 3 are the formula's own.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "extended.glsl"
#include "elementwise.glsl"
#include "polynomials.glsl"
#include "table.glsl"

uvec2 compute(uint i) {
    float a = as_float(input_a(i), TYPE_A);
    float b = OPERANDS > 2u ? as_float(input_b(i), TYPE_B) : 0.0;
    float c = OPERANDS > 3u ? as_float(input_c(i), TYPE_C) : 0.0;
    return from_float(FUNCTION(a, b, c, param_float(2), param_float(3)), TYPE_OUT);
}
