// Functions whose argument reduction needs more bits than a float has: trigonometry and powers.

// 2/pi in binary, 32 bits a word.
const uint TWO_OVER_PI[8] = uint[](
    0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu, 0xdebbc561u);

uint two_over_pi_bits(int first) {
    // 32 bits of 2/pi from a position after the binary point; zeros before it.
    if (first <= -32) return 0u;
    if (first < 0) return TWO_OVER_PI[0] >> uint(-first);
    uint word = uint(first) >> 5;
    uint bit = uint(first) & 31u;
    uint high = word < 8u ? TWO_OVER_PI[word] : 0u;
    uint low = word < 7u ? TWO_OVER_PI[word + 1u] : 0u;
    return bit == 0u ? high : (high << bit) | (low >> (32u - bit));
}

// The angle within an eighth of a turn of 0, and which quarter it was moved from (Payne and Hanek 1983).
float quarter(float x, out uint q) {
    uint bits = floatBitsToUint(x) & 0x7fffffffu;
    int exponent = int(bits >> 23) - 150;
    uint mantissa = (bits & 0x7fffffu) | 0x800000u;
    if (bits < 0x3f490fdbu) { // below pi / 4
        q = 0u;
        return x;
    }
    // x = mantissa 2^exponent; of the product with 2/pi only the bits of 2 down to 2^-62 matter.
    int first = exponent - 2;
    uint w0 = two_over_pi_bits(first);
    uint w1 = two_over_pi_bits(first + 32);
    uint w2 = two_over_pi_bits(first + 64);
    uint high; uint low; uint carry;
    umulExtended(mantissa, w2, high, low);
    uint p2 = high;
    umulExtended(mantissa, w1, high, low);
    uint p1l = uaddCarry(low, p2, carry);
    uint p0 = high + carry;
    p0 += mantissa * w0;
    // p0.p1l: the top two bits are the quarter, the rest its fraction.
    q = p0 >> 30;
    uint f0 = (p0 << 2) | (p1l >> 30);
    uint f1 = p1l << 2;
    bool up = (f0 >> 31) == 1u;
    if (up) {
        q = (q + 1u) & 3u;
        f0 = ~f0;
        f1 = ~f1;
    }
    precise float fraction = float(f0) * 2.3283064365386963e-10 + float(f1) * 5.421010862427522e-20;
    precise float angle = fraction * 1.5707963267948966;
    if (up) angle = -angle;
    bool negative = (floatBitsToUint(x) >> 31) == 1u;
    if (negative) q = (4u - q) & 3u;
    return negative ? -angle : angle;
}

float sin_near_zero(float z) {
    precise float s = z * z;
    precise float p = fma(fma(fma(fma(2.7557319e-6, s, -1.9841270e-4), s, 8.3333333e-3), s, -0.16666667) * s, z, z);
    return p;
}

float cos_near_zero(float z) {
    precise float s = z * z;
    precise float p = fma(fma(fma(fma(-2.7557319e-7, s, 2.4801587e-5), s, -1.3888889e-3), s, 4.1666667e-2), s, -0.5);
    return fma(p, s, 1.0);
}

float turned(float x, uint by) {
    if (not_finite(x)) return NOT_A_NUMBER;
    uint q;
    float z = quarter(x, q);
    q = (q + by) & 3u;
    float value = (q & 1u) == 1u ? cos_near_zero(z) : sin_near_zero(z);
    return q >= 2u ? -value : value;
}

float x_sin(float x) { return turned(x, 0u); }
float x_cos(float x) { return turned(x, 1u); }

float x_tan(float x) {
    if (not_finite(x)) return NOT_A_NUMBER;
    uint q;
    float z = quarter(x, q);
    float s = sin_near_zero(z);
    float c = cos_near_zero(z);
    return (q & 1u) == 1u ? -c / s : s / c;
}

float x_atan(float x) {
    if (is_nan(x)) return x;
    float a = abs(x);
    // Three ranges, so that the series sees at most tan(pi / 8).
    float offset = 0.0;
    float z = a;
    if (a > 2.4142135) {
        offset = 1.5707964;
        z = -1.0 / a;
    } else if (a > 0.41421357) {
        offset = 0.78539816;
        z = (a - 1.0) / (a + 1.0);
    }
    precise float s = z * z;
    precise float p = fma(fma(fma(8.05374449538e-2, s, -1.38776856032e-1), s, 1.99777106478e-1), s, -3.33329491539e-1);
    precise float y = offset + fma(p * s, z, z);
    return (floatBitsToUint(x) >> 31) == 1u ? -y : y;
}

float x_atan2(float y, float x) {
    if (is_nan(x) || is_nan(y)) return NOT_A_NUMBER;
    float ax = abs(x);
    float ay = abs(y);
    bool left = (floatBitsToUint(x) >> 31) == 1u;
    float angle;
    if (not_finite(ax) && not_finite(ay)) angle = 0.78539816;
    else if (ay == 0.0) angle = 0.0;
    else if (ax == 0.0) angle = 1.5707964;
    else angle = ay > ax ? 1.5707964 - x_atan(ax / ay) : x_atan(ay / ax);
    if (left) angle = 3.1415927 - angle;
    return (floatBitsToUint(y) >> 31) == 1u ? -angle : angle;
}

// log2 of a positive finite number, as a sum of two floats.
vec2 log2_pair(float x) {
    float scaled = x < 1.17549435e-38 ? x * 8388608.0 : x;
    float shift = x < 1.17549435e-38 ? -23.0 : 0.0;
    uint bits = floatBitsToUint(scaled) - 0x3f3504f3u;
    float n = float(int(bits) >> 23) + shift;
    float m = uintBitsToFloat((bits & 0x7fffffu) + 0x3f3504f3u);
    // s = (m - 1) / (m + 1) in two parts; ln m = 2 (s + s^3 / 3 + ...).
    precise float above = m - 1.0;
    precise float below = m + 1.0;
    precise float below_rest = m - (below - 1.0);
    precise float s = above / below;
    precise float s_rest = (fma(-s, below, above) - s * below_rest) / below;
    precise float q = s * s;
    precise float tail = fma(fma(fma(fma(0.0909090909, q, 0.111111111), q, 0.142857143), q, 0.2), q, 0.333333333);
    precise float cube = q * s * tail;
    // 2 log2(e) in two parts.
    const float SCALE = 2.88539004;
    const float SCALE_REST = 4.0298e-8;
    precise float head = s * SCALE;
    precise float head_rest = fma(s, SCALE, -head);
    precise float rest = head_rest + fma(s, SCALE_REST, fma(s_rest, SCALE, cube * SCALE));
    precise float high = n + head;
    precise float lost = head - (high - n);
    precise float sum = high + (lost + rest);
    precise float low = (high - sum) + (lost + rest);
    return vec2(sum, low);
}

// 2^(high + low).
float exp2_pair(float high, float low) {
    if (high > 160.0) return INFINITE;
    if (high < -180.0) return 0.0;
    precise float n = roundEven(high);
    precise float r = (high - n) + low;
    precise float p = fma(fma(fma(fma(fma(fma(1.5403530e-5, r, 1.5403530e-4), r, 1.3333558e-3), r, 9.6181291e-3), r,
        5.5504109e-2), r, 0.24022651), r, 0.69314718);
    precise float value = fma(p, r, 1.0);
    int whole = int(n);
    int half_way = whole / 2;
    return value * uintBitsToFloat(uint(half_way + 127) << 23) * uintBitsToFloat(uint(whole - half_way + 127) << 23);
}

bool is_whole(float x) { return floor(x) == x; }
bool is_odd(float x) { return is_whole(x) && abs(x) < 16777216.0 && (uint(abs(x)) & 1u) == 1u; }

// C's rules for special values.
float x_pow(float x, float y) {
    if (y == 0.0 || x == 1.0) return 1.0;
    if (is_nan(x) || is_nan(y)) return NOT_A_NUMBER;
    float a = abs(x);
    bool negative = (floatBitsToUint(x) >> 31) == 1u && is_odd(y);
    float value;
    if (not_finite(y)) {
        value = a == 1.0 ? 1.0 : ((a > 1.0) == (y > 0.0) ? INFINITE : 0.0);
        return value;
    }
    if (a == 0.0) value = y < 0.0 ? INFINITE : 0.0;
    else if (not_finite(a)) value = y < 0.0 ? 0.0 : INFINITE;
    else {
        if (x < 0.0 && !is_whole(y)) return NOT_A_NUMBER;
        vec2 l = log2_pair(a);
        precise float high = l.x * y;
        precise float low = fma(l.x, y, -high) + l.y * y;
        value = exp2_pair(high, not_finite(high) ? 0.0 : low);
    }
    return negative ? -value : value;
}

// The exact remainder with the sign of a, by long division of the mantissas.
float x_rem(float a, float b) {
    if (not_finite(a) || is_nan(b) || b == 0.0) return NOT_A_NUMBER;
    if (not_finite(b)) return a;
    uint ua = floatBitsToUint(a) & 0x7fffffffu;
    uint ub = floatBitsToUint(b) & 0x7fffffffu;
    uint sign = floatBitsToUint(a) & 0x80000000u;
    if (ua < ub) return a;
    int ea = int(ua >> 23);
    int eb = int(ub >> 23);
    uint ma = ea == 0 ? ua : (ua & 0x7fffffu) | 0x800000u;
    uint mb = eb == 0 ? ub : (ub & 0x7fffffu) | 0x800000u;
    ea = max(ea, 1);
    eb = max(eb, 1);
    for (int e = ea; e > eb; e--) {
        if (ma >= mb) ma -= mb;
        ma <<= 1;
    }
    if (ma >= mb) ma -= mb;
    if (ma == 0u) return uintBitsToFloat(sign);
    int top = findMSB(ma);
    int shift = 23 - top;
    int exponent = eb - shift;
    if (exponent > 0) return uintBitsToFloat(sign | (uint(exponent) << 23) | ((ma << uint(shift)) & 0x7fffffu));
    return uintBitsToFloat(sign | (ma << uint(eb - 1)));
}
