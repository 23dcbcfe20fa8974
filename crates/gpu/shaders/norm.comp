#version 460
// Batch norm.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "norm.glsl"
