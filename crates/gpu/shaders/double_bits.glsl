// Doubles by their bits, (low, high): converted exactly, by devices too that can't compute with them.

uvec2 left64(uvec2 x, uint by) {
    if (by >= 32u) return uvec2(0u, by >= 64u ? 0u : x.x << (by - 32u));
    return by == 0u ? x : uvec2(x.x << by, (x.y << by) | (x.x >> (32u - by)));
}

uvec2 right64(uvec2 x, uint by) {
    if (by >= 32u) return uvec2(by >= 64u ? 0u : x.y >> (by - 32u), 0u);
    return by == 0u ? x : uvec2((x.x >> by) | (x.y << (32u - by)), x.y >> by);
}

// Without its last digits, to the nearest, ties to even; 64 and more leave nothing.
uvec2 rounded64(uvec2 x, uint digits) {
    if (digits == 0u) return x;
    if (digits >= 64u) return uvec2(0u);
    uvec2 kept = right64(x, digits);
    uvec2 rest = sub64(x, left64(kept, digits));
    uvec2 middle = left64(uvec2(1u, 0u), digits - 1u);
    bool up = less_unsigned64(middle, rest) || (rest == middle && (kept.x & 1u) == 1u);
    return up ? add64(kept, uvec2(1u, 0u)) : kept;
}

uvec2 double_of_float(uint bits) {
    uint sign = bits & 0x80000000u;
    uint exponent = (bits >> 23) & 0xffu;
    uint mantissa = bits & 0x7fffffu;
    if (exponent == 0u) {
        if (mantissa == 0u) return uvec2(0u, sign);
        uint top = uint(findMSB(mantissa));
        uvec2 digits = left64(uvec2(mantissa, 0u), 52u - top);
        return uvec2(digits.x, sign | ((top + 873u) << 20) + digits.y);
    }
    uint wide = exponent == 0xffu ? 0x7ffu : exponent + 896u;
    return uvec2(mantissa << 29, sign | (wide << 20) | (mantissa >> 3));
}

// The nearest number with so many digits after the leading one, and such a bias of its exponent.
uint narrow_of_double(uvec2 bits, uint digits, int bias) {
    uint exponent = (bits.y >> 20) & 0x7ffu;
    uint infinite = uint(2 * bias + 1) << digits;
    uint sign = bits.y >> 31 == 1u ? infinite + (1u << digits) : 0u;
    uvec2 mantissa = uvec2(bits.x, bits.y & 0x000fffffu);
    if (exponent == 0x7ffu && mantissa != uvec2(0u)) return sign | infinite | (1u << (digits - 1u));
    int narrow = int(exponent) - 1023 + bias;
    if (narrow > 2 * bias) return sign | infinite;
    // Below the normal numbers more digits are lost.
    if (exponent != 0u) mantissa.y |= 0x00100000u;
    uint lost = 52u - digits + uint(max(1 - narrow, 0));
    uint base = uint(max(narrow - 1, 0)) << digits;
    return sign | (base + rounded64(mantissa, lost).x);
}

uvec2 double_of64(uvec2 x) {
    uvec2 m = magnitude64(x);
    if (m == uvec2(0u)) return m;
    int top = m.y != 0u ? 32 + findMSB(m.y) : findMSB(m.x);
    m = top > 52 ? rounded64(m, uint(top - 52)) : left64(m, uint(52 - top));
    // The leading one, or two after rounding up, carries into the exponent.
    return uvec2(m.x, (x.y & 0x80000000u) | (uint(top + 1022) << 20) + m.y);
}

// The integer part; beyond the range the nearest bound, and 0 for NaN.
uvec2 integer_of_double(uvec2 bits) {
    int exponent = int((bits.y >> 20) & 0x7ffu) - 1023;
    uvec2 mantissa = uvec2(bits.x, bits.y & 0x000fffffu);
    bool negative = bits.y >> 31 == 1u;
    if (exponent < 0 || (exponent == 1024 && mantissa != uvec2(0u))) return uvec2(0u);
    if (exponent >= 63) return negative ? uvec2(0u, 0x80000000u) : uvec2(~0u, 0x7fffffffu);
    mantissa.y |= 0x00100000u;
    uvec2 m = exponent > 52 ? left64(mantissa, uint(exponent - 52)) : right64(mantissa, uint(52 - exponent));
    return negative ? negate64(m) : m;
}
