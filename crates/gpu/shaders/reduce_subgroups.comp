#version 460
// Folds of floats, where subgroups can pass values on.
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#define SUBGROUPS
#include "prelude.glsl"
#include "reduce_float.glsl"
