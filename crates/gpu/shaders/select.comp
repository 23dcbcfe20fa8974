#version 460
// The first of two where a condition holds, the second elsewhere.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "elementwise.glsl"

uvec2 compute(uvec2 a, uvec2 b, uvec2 c) { return a.x != 0u ? b : c; }
