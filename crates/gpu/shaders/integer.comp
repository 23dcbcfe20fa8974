#version 460
// Operations on integers. Parameters 3..6: one or two 64-bit numbers of the operation.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "integer.glsl"
#include "elementwise.glsl"

uvec2 larger(uvec2 a, uvec2 b) { return less64(a, b) ? b : a; }
uvec2 smaller(uvec2 a, uvec2 b) { return less64(b, a) ? b : a; }

uvec2 apply(uvec2 a, uvec2 b) {
    uvec2 p = uvec2(param(3), param(4));
    uvec2 q = uvec2(param(5), param(6));
    uvec2 rest;
    switch (OPERATION) {
        case 0u: return negate64(a);
        case 1u: return magnitude64(a);
        case 2u: return is_negative(a) ? ~uvec2(0u) : uvec2(a == uvec2(0u) ? 0u : 1u, 0u);
        case 3u: return mul64(a, a);
        case 4u: return smaller(larger(a, p), q);
        case 5u: return add64(a, p);
        case 6u: return mul64(a, p);
        case 7u: return sub64(p, a);
        case 8u: return power64(a, p);
        case 9u: return add64(a, b);
        case 10u: return sub64(a, b);
        case 11u: return mul64(a, b);
        case 12u: return larger(a, b);
        case 13u: return smaller(a, b);
        case 14u: return power64(a, b);
        case 15u: floor_divide64(a, b, rest); return rest;
        default: return floor_divide64(a, b, rest);
    }
}

uvec2 compute(uvec2 a, uvec2 b, uvec2 c) {
    a = as_integer(a, TYPE_A);
    if (OPERANDS > 2u) b = as_integer(b, TYPE_B);
    if (OPERATION >= 15u && b == uvec2(0u)) {
        fault(1u);
        return uvec2(0u);
    }
    return from_integer(apply(a, b), TYPE_OUT);
}
