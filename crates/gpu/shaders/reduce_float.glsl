// Folds of floats, in pairs of f32 whatever narrow dtype they have, or of f64.
#include "pair.glsl"
#define VALUE PAIR
VALUE identity();
VALUE combine(VALUE a, VALUE b);
VALUE load_value(uvec2 address, uint i);
uvec2 from_value(VALUE x);
#include "reduce.glsl"

PAIR identity() {
    if (OPERATION == 0u) return PAIR(0.0);
    if (OPERATION == 1u) return PAIR(1.0, 0.0);
    return PAIR(OPERATION == 2u ? -INFINITE : INFINITE, 0.0);
}

PAIR combine(PAIR a, PAIR b) {
    if (OPERATION == 0u) return add_pair(a, b);
    if (OPERATION == 1u) return multiply_pair(a, b);
    if (is_nan(a.x)) return a;
    if (is_nan(b.x)) return b;
    return OPERATION == 2u ? (a.x < b.x ? b : a) : (b.x < a.x ? b : a);
}

PAIR load_value(uvec2 address, uint i) { return PAIR(load_float(address, i, TYPE_IN), 0.0); }
uvec2 from_value(PAIR x) { return from_float(x.x, TYPE_OUT); }
