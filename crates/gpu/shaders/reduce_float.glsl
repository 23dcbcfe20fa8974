// Folds of floats, in pairs of f32 whatever the dtype.
#include "pair.glsl"
#define VALUE vec2
VALUE identity();
VALUE combine(VALUE a, VALUE b);
VALUE load_value(uvec2 address, uint i);
uvec2 from_value(VALUE x);
#include "reduce.glsl"

vec2 identity() {
    if (OPERATION == 0u) return vec2(0.0);
    if (OPERATION == 1u) return vec2(1.0, 0.0);
    return vec2(uintBitsToFloat(OPERATION == 2u ? 0xff800000u : 0x7f800000u), 0.0);
}

vec2 combine(vec2 a, vec2 b) {
    if (OPERATION == 0u) return add_pair(a, b);
    if (OPERATION == 1u) return multiply_pair(a, b);
    if (is_nan(a.x)) return a;
    if (is_nan(b.x)) return b;
    return OPERATION == 2u ? (a.x < b.x ? b : a) : (b.x < a.x ? b : a);
}

vec2 load_value(uvec2 address, uint i) { return vec2(load_float(address, i, TYPE_IN), 0.0); }
uvec2 from_value(vec2 x) { return from_float(x.x, TYPE_OUT); }
