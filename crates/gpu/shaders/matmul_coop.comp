#version 460
// The product of two matrices, on cooperative matrices.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "product.glsl"
#include "matmul.glsl"
#include "product_coop.glsl"
