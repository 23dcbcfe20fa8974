#version 460
// One value everywhere; its bits are the operation's first two parameters.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "elementwise.glsl"

uvec2 compute(uint i) { return uvec2(param(2), param(3)); }
