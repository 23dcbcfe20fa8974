// Elements as unsigned keys with the order of their values; NaN is the greatest, and the two zeros tie. Only bits
// are looked at, so that doubles are put in order by devices that can't compute with them.

const uvec2 NAN_KEY = uvec2(~0u);

uvec2 key_of(uvec2 raw, uint dtype) {
    if (dtype == I64) return uvec2(raw.x, raw.y ^ 0x80000000u);
    if (dtype == U8 || dtype == BOOL) return raw;
    if (dtype == F64) {
        uint magnitude = raw.y & 0x7fffffffu;
        if (magnitude > 0x7ff00000u || (magnitude == 0x7ff00000u && raw.x != 0u)) return NAN_KEY;
        if ((raw.x | magnitude) == 0u) raw.y = 0u;
        return (raw.y >> 31) == 1u ? ~raw : uvec2(raw.x, raw.y | 0x80000000u);
    }
    float x = as_float(raw, dtype);
    if (is_nan(x)) return NAN_KEY;
    uint bits = floatBitsToUint(x);
    if (bits == 0x80000000u) bits = 0u;
    return uvec2((bits >> 31) == 1u ? ~bits : bits | 0x80000000u, 0u);
}

bool less_key(uvec2 a, uvec2 b) { return a.y == b.y ? a.x < b.x : a.y < b.y; }
