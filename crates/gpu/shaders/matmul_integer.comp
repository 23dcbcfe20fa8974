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
    uvec2 sum = uvec2(0u);
    for (uint p = 0u; p < param(2); p++) {
        uvec2 left = as_integer(load_raw(address_of(1u), a, TYPE_A), TYPE_A);
        uvec2 right = as_integer(load_raw(address_of(2u), b, TYPE_B), TYPE_B);
        sum = add64(sum, mul64(left, right));
        a += param(3);
        b += param(4);
    }
    return from_integer(sum, TYPE_OUT);
}
