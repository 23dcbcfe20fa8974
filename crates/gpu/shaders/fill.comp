#version 460
// One value everywhere; its bits are the operation's first two parameters.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "elementwise.glsl"

uvec2 compute(uvec2 a, uvec2 b, uvec2 c) { return uvec2(param(3), param(4)); }
