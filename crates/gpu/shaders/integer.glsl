// 64-bit integers as (low, high) words, in two's complement.

bool is_negative(uvec2 x) { return int(x.y) < 0; }

uvec2 add64(uvec2 a, uvec2 b) {
    uint carry;
    uint low = uaddCarry(a.x, b.x, carry);
    return uvec2(low, a.y + b.y + carry);
}

uvec2 negate64(uvec2 x) { return add64(~x, uvec2(1u, 0u)); }

uvec2 sub64(uvec2 a, uvec2 b) {
    uint borrow;
    uint low = usubBorrow(a.x, b.x, borrow);
    return uvec2(low, a.y - b.y - borrow);
}

uvec2 mul64(uvec2 a, uvec2 b) {
    uint high;
    uint low;
    umulExtended(a.x, b.x, high, low);
    return uvec2(low, high + a.x * b.y + a.y * b.x);
}

bool less64(uvec2 a, uvec2 b) { return a.y == b.y ? a.x < b.x : int(a.y) < int(b.y); }
bool less_unsigned64(uvec2 a, uvec2 b) { return a.y == b.y ? a.x < b.x : a.y < b.y; }

uvec2 magnitude64(uvec2 x) { return is_negative(x) ? negate64(x) : x; }

// Quotient of unsigned numbers by long division.
uvec2 divide_unsigned64(uvec2 a, uvec2 b, out uvec2 rest) {
    uvec2 quotient = uvec2(0u);
    rest = uvec2(0u);
    for (int bit = 63; bit >= 0; bit--) {
        bool carries = (rest.y >> 31) == 1u;
        rest = uvec2(rest.x << 1, (rest.y << 1) | (rest.x >> 31));
        uint next = bit >= 32 ? (a.y >> (bit - 32)) & 1u : (a.x >> bit) & 1u;
        rest.x |= next;
        if (carries || !less_unsigned64(rest, b)) {
            rest = sub64(rest, b);
            if (bit >= 32) quotient.y |= 1u << (bit - 32); else quotient.x |= 1u << bit;
        }
    }
    return quotient;
}

// Quotient rounded down, and the remainder with the sign of b; b is not 0.
uvec2 floor_divide64(uvec2 a, uvec2 b, out uvec2 rest) {
    uvec2 quotient = divide_unsigned64(magnitude64(a), magnitude64(b), rest);
    bool differ = is_negative(a) != is_negative(b);
    if (is_negative(a)) rest = negate64(rest);
    if (differ) quotient = negate64(quotient);
    if (differ && rest != uvec2(0u)) {
        quotient = sub64(quotient, uvec2(1u, 0u));
        rest = add64(rest, b);
    }
    return quotient;
}

// x to the power of n, wrapping; for a negative n the reciprocal rounded towards zero.
uvec2 power64(uvec2 x, uvec2 n) {
    uvec2 one = uvec2(1u, 0u);
    if (is_negative(n)) {
        if (x == one) return one;
        if (x == ~uvec2(0u)) return (n.x & 1u) == 1u ? x : one;
        return uvec2(0u);
    }
    uvec2 result = one;
    while (n != uvec2(0u)) {
        if ((n.x & 1u) == 1u) result = mul64(result, x);
        x = mul64(x, x);
        n = uvec2((n.x >> 1) | (n.y << 31), n.y >> 1);
    }
    return result;
}

// The nearest float, ties to even.
float float_of64(uvec2 x) {
    uvec2 m = magnitude64(x);
    if (m == uvec2(0u)) return 0.0;
    int top = m.y != 0u ? 32 + findMSB(m.y) : findMSB(m.x);
    int shift = top - 23;
    uint sign = x.y & 0x80000000u;
    uint kept;
    if (shift <= 0) {
        kept = m.x << uint(-shift);
    } else {
        uint s = uint(shift);
        kept = s >= 32u ? m.y >> (s - 32u) : (m.x >> s) | (m.y << (32u - s));
        uvec2 back = s >= 32u ? uvec2(0u, kept << (s - 32u)) : uvec2(kept << s, kept >> (32u - s));
        uvec2 rest = sub64(m, back);
        uint h = s - 1u;
        uvec2 middle = h >= 32u ? uvec2(0u, 1u << (h - 32u)) : uvec2(1u << h, 0u);
        if (less_unsigned64(middle, rest) || (middle == rest && (kept & 1u) == 1u)) kept += 1u;
    }
    // kept has 24 bits, or is 2^24 after rounding up, which carries into the exponent.
    return uintBitsToFloat(sign | ((uint(top + 126) << 23) + kept));
}

// The integer part of a float; beyond the range the nearest bound, and 0 for NaN.
uvec2 integer_of(float x) {
    uint bits = floatBitsToUint(x);
    uint magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u || magnitude < 0x3f800000u) return uvec2(0u);
    int exponent = int(magnitude >> 23) - 127;
    bool negative = (bits >> 31) == 1u;
    if (exponent >= 63) return negative ? uvec2(0u, 0x80000000u) : uvec2(~0u, 0x7fffffffu);
    uint mantissa = (magnitude & 0x7fffffu) | 0x800000u;
    int shift = exponent - 23;
    uvec2 m;
    if (shift <= 0) m = uvec2(mantissa >> uint(-shift), 0u);
    else if (shift < 32) m = uvec2(mantissa << uint(shift), shift == 0 ? 0u : mantissa >> uint(32 - shift));
    else m = uvec2(0u, mantissa << uint(shift - 32));
    return negative ? negate64(m) : m;
}

// An integer element, widened.
uvec2 as_integer(uvec2 raw, uint dtype) { return dtype == I64 ? raw : uvec2(raw.x, 0u); }

// The bits of an integer in a dtype: bytes wrap, truth values are 0 or 1.
uvec2 from_integer(uvec2 x, uint dtype) {
    if (dtype == U8) return uvec2(x.x & 0xffu, 0u);
    if (dtype == BOOL) return uvec2(x == uvec2(0u) ? 0u : 1u, 0u);
    return x;
}
