// Elements as unsigned keys with the order of their values; NaN is the greatest, and the two zeros tie.

uvec2 key_of(uvec2 raw, uint dtype) {
    if (dtype == I64) return uvec2(raw.x, raw.y ^ 0x80000000u);
    if (dtype == U8 || dtype == BOOL) return raw;
    float x = as_float(raw, dtype);
    if (is_nan(x)) return uvec2(~0u, 0u);
    uint bits = floatBitsToUint(x);
    if (bits == 0x80000000u) bits = 0u;
    return uvec2((bits >> 31) == 1u ? ~bits : bits | 0x80000000u, 0u);
}

bool less_key(uvec2 a, uvec2 b) { return a.y == b.y ? a.x < b.x : a.y < b.y; }
