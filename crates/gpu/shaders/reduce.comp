#version 460
// Folds of floats.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "reduce_float.glsl"
