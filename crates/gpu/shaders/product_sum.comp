#version 460
// Adds up the parts of a sum that was split. Parameters 2: parts, 3: elements from one to the next;
// operation 0 nothing, 1 bias, 2 relu, 3 both.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "elementwise.glsl"

uvec2 compute(uint i) {
    uint at = place_of(1u, LIES_A, i);
    uvec2 address = address_of(1u);
    uint parts = param(2);
    uint next = param(3);
    REAL sum = 0.0;
    for (uint part = 0u; part < parts; part++) {
        sum += load_float(address, at, TYPE_A);
        at += next;
    }
    if ((OPERATION & 1u) != 0u) sum += as_float(input_b(i), TYPE_B);
    if ((OPERATION & 2u) != 0u) sum = is_nan(sum) ? sum : max(sum, REAL(0.0));
    return from_float(sum, TYPE_OUT);
}
