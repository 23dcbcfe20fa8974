#version 460
// The first of two where a condition holds, the second elsewhere.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "elementwise.glsl"

uvec2 compute(uint i) { return input_a(i).x != 0u ? input_b(i) : input_c(i); }
