#version 460
// The three directions of a convolution.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "product.glsl"
#include "divisor.glsl"
#include "conv.glsl"
#include "product_tile.glsl"
