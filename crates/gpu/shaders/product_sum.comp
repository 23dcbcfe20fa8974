#version 460
// Adds up the parts of a sum that was split. Parameters 3: parts, 4: elements from one to the next;
// operation 0 nothing, 1 bias, 2 relu, 3 both.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#define PLACES
#include "elementwise.glsl"

uvec2 compute(uvec2 a, uvec2 b, uvec2 c) {
    uvec2 address = address_of(1u);
    uint parts = param(3);
    uint next = param(4);
    REAL sum = 0.0;
    for (uint part = 0u; part < parts; part++) {
        sum += load_float(address, a.x, TYPE_A);
        a.x += next;
    }
    if ((OPERATION & 1u) != 0u) sum += load_float(address_of(2u), b.x, TYPE_B);
    if ((OPERATION & 2u) != 0u) sum = is_nan(sum) ? sum : max(sum, REAL(0.0));
    return from_float(sum, TYPE_OUT);
}
