#version 460
// Batch norm, where subgroups can pass values on.
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#define SUBGROUPS
#include "prelude.glsl"
#include "norm.glsl"
