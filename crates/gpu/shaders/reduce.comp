#version 460
// Folds of floats, in f32 whatever the dtype.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#define VALUE float
VALUE identity();
VALUE combine(VALUE a, VALUE b);
VALUE load_value(uvec2 address, uint i);
uvec2 from_value(VALUE x);
#include "reduce.glsl"

float identity() {
    if (OPERATION == 0u) return 0.0;
    if (OPERATION == 1u) return 1.0;
    return uintBitsToFloat(OPERATION == 2u ? 0xff800000u : 0x7f800000u);
}

float combine(float a, float b) {
    if (OPERATION == 0u) return a + b;
    if (OPERATION == 1u) return a * b;
    if (is_nan(a)) return a;
    if (is_nan(b)) return b;
    return OPERATION == 2u ? (a < b ? b : a) : (b < a ? b : a);
}

float load_value(uvec2 address, uint i) { return load_float(address, i, TYPE_IN); }
uvec2 from_value(float x) { return from_float(x, TYPE_OUT); }
