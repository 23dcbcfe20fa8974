#version 460
// Matrix products of integers, which wrap. The inputs are views that begin each sum, and what to add it to if
// there is any; parameters 3: its length, 4 and 5: steps along it.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "integer.glsl"
#define PLACES
#include "elementwise.glsl"

uvec2 compute(uvec2 a, uvec2 b, uvec2 c) {
    uvec2 left_address = address_of(1u);
    uvec2 right_address = address_of(2u);
    uint depth = param(3);
    uint left_step = param(4);
    uint right_step = param(5);
    uvec2 sum = OPERANDS > 3u ? as_integer(load_raw(address_of(3u), c.x, TYPE_C), TYPE_C) : uvec2(0u);
    for (uint p = 0u; p < depth; p++) {
        uvec2 left = as_integer(load_raw(left_address, a.x, TYPE_A), TYPE_A);
        uvec2 right = as_integer(load_raw(right_address, b.x, TYPE_B), TYPE_B);
        sum = add64(sum, mul64(left, right));
        a.x += left_step;
        b.x += right_step;
    }
    return from_integer(sum, TYPE_OUT);
}
