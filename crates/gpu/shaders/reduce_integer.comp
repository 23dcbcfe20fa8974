#version 460
// Folds of integers and truth values, in 64 bits.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "integer.glsl"
#define VALUE uvec2
VALUE identity();
VALUE combine(VALUE a, VALUE b);
VALUE load_value(uvec2 address, uint i);
uvec2 from_value(VALUE x);
#include "reduce.glsl"

uvec2 identity() {
    if (OPERATION == 0u) return uvec2(0u);
    if (OPERATION == 1u) return uvec2(1u, 0u);
    // The least number is the complement of the greatest.
    uvec2 greatest = uvec2(~0u, ~0u >> 1);
    if (OPERATION == 2u) return ~greatest;
    return greatest;
}

uvec2 combine(uvec2 a, uvec2 b) {
    if (OPERATION == 0u) return add64(a, b);
    if (OPERATION == 1u) return mul64(a, b);
    return less64(a, b) == (OPERATION == 2u) ? b : a;
}

uvec2 load_value(uvec2 address, uint i) { return as_integer(load_raw(address, i, TYPE_IN), TYPE_IN); }
uvec2 from_value(uvec2 x) { return from_integer(x, TYPE_OUT); }
