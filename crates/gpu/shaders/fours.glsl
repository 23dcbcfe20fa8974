// Four neighbouring elements moved as a whole. The first must be a multiple of four from an address that
// is aligned for any vector.

layout(buffer_reference, std430, buffer_reference_align = 8) buffer Twos { uvec2 w[]; };
layout(buffer_reference, std430, buffer_reference_align = 16) buffer Fours { uvec4 w[]; };

// Their low words and, of 64-bit dtypes, their high words.
struct Four {
    uvec4 low;
    uvec4 high;
};

// Drops the first and puts another behind the last.
void append(inout Four four, uvec2 raw) {
    four.low = uvec4(four.low.yzw, raw.x);
    four.high = uvec4(four.high.yzw, raw.y);
}

// The first, which becomes the last.
uvec2 turned(inout Four four) {
    uvec2 raw = uvec2(four.low.x, four.high.x);
    append(four, raw);
    return raw;
}

#ifdef DOUBLE
Four load_four(uvec2 address, uint at, uint dtype) {
    uvec4 a = Fours(address).w[at >> 1];
    uvec4 b = Fours(address).w[(at >> 1) + 1u];
    return Four(uvec4(a.xz, b.xz), uvec4(a.yw, b.yw));
}

void store_four(uvec2 address, uint at, uint dtype, Four y) {
    Fours(address).w[at >> 1] = uvec4(y.low.x, y.high.x, y.low.y, y.high.y);
    Fours(address).w[(at >> 1) + 1u] = uvec4(y.low.z, y.high.z, y.low.w, y.high.w);
}
#else
Four load_four(uvec2 address, uint at, uint dtype) {
    if (dtype == I64 || dtype == F64) {
        uvec4 a = Fours(address).w[at >> 1];
        uvec4 b = Fours(address).w[(at >> 1) + 1u];
        return Four(uvec4(a.xz, b.xz), uvec4(a.yw, b.yw));
    }
    if (dtype == F16 || dtype == BF16) {
        uvec2 pairs = Twos(address).w[at >> 2];
        return Four(uvec4(pairs.x & 0xffffu, pairs.x >> 16, pairs.y & 0xffffu, pairs.y >> 16), uvec4(0u));
    }
    if (dtype == U8 || dtype == BOOL) {
        return Four((uvec4(Words(address).w[at >> 2]) >> uvec4(0u, 8u, 16u, 24u)) & 0xffu, uvec4(0u));
    }
    return Four(Fours(address).w[at >> 2], uvec4(0u));
}

void store_four(uvec2 address, uint at, uint dtype, Four y) {
    if (dtype == I64 || dtype == F64) {
        Fours(address).w[at >> 1] = uvec4(y.low.x, y.high.x, y.low.y, y.high.y);
        Fours(address).w[(at >> 1) + 1u] = uvec4(y.low.z, y.high.z, y.low.w, y.high.w);
    } else if (dtype == F16 || dtype == BF16) {
        Twos(address).w[at >> 2] = y.low.xz | (y.low.yw << 16);
    } else if (dtype == U8 || dtype == BOOL) {
        uvec4 bytes = (y.low & 0xffu) << uvec4(0u, 8u, 16u, 24u);
        Words(address).w[at >> 2] = bytes.x | bytes.y | bytes.z | bytes.w;
    } else {
        Fours(address).w[at >> 2] = y.low;
    }
}
#endif
