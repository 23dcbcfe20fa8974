#version 460
// Matrix products of integers, which wrap. The inputs are views that begin each sum; parameters 2: its
// length, 3 and 4: steps along it.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "integer.glsl"
#include "elementwise.glsl"

uvec2 compute(uint i) {
    uint a = place_of(1u, LIES_A, i);
    uint b = place_of(2u, LIES_B, i);
    uvec2 left_address = address_of(1u);
    uvec2 right_address = address_of(2u);
    uint depth = param(2);
    uint left_step = param(3);
    uint right_step = param(4);
    uvec2 sum = uvec2(0u);
    for (uint p = 0u; p < depth; p++) {
        uvec2 left = as_integer(load_raw(left_address, a, TYPE_A), TYPE_A);
        uvec2 right = as_integer(load_raw(right_address, b, TYPE_B), TYPE_B);
        sum = add64(sum, mul64(left, right));
        a += left_step;
        b += right_step;
    }
    return from_integer(sum, TYPE_OUT);
}
