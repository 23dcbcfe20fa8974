#version 460
// Comparisons, logical connectives and negation; OPERATION in the order of the enums, 6.. for and, or,
// xor, not.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "order.glsl"
#include "elementwise.glsl"

bool holds(uvec2 a, uvec2 b) {
    if (OPERATION == 9u) return a.x == 0u;
    if (OPERATION == 6u) return a.x != 0u && b.x != 0u;
    if (OPERATION == 7u) return a.x != 0u || b.x != 0u;
    if (OPERATION == 8u) return (a.x != 0u) != (b.x != 0u);
    uvec2 x = key_of(a, TYPE_A);
    uvec2 y = key_of(b, TYPE_B);
    if (is_floating(TYPE_A) && (x == NAN_KEY || y == NAN_KEY)) return OPERATION == 1u;
    bool equal = x == y;
    bool less = less_key(x, y);
    switch (OPERATION) {
        case 0u: return equal;
        case 1u: return !equal;
        case 2u: return less;
        case 3u: return less || equal;
        case 4u: return !less && !equal;
        default: return !less;
    }
}

uvec2 compute(uvec2 a, uvec2 b, uvec2 c) { return uvec2(holds(a, b) ? 1u : 0u, 0u); }
