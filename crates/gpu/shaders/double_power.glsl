// Powers, logarithms to bases 2 and 10 and remainders of doubles.

dvec2 scale_pair(dvec2 a, double b) { return multiply_pair(a, dvec2(b, 0.0LF)); }

// ln of a mantissa from sqrt(1/2) to sqrt(2) as a sum of two: 2 artanh((m - 1) / (m + 1)).
dvec2 ln_pair(double m) {
    precise double above = m - 1.0LF;
    precise double below = m + 1.0LF;
    precise double below_rest = m - (below - 1.0LF);
    precise double high = above / below;
    precise double product = high * below;
    precise double rest = (((above - product) - product_rest(high, below, product)) - high * below_rest) / below;
    precise double s_high = high + rest;
    precise double s_low = rest - (s_high - high);
    dvec2 s = dvec2(s_high, s_low);
    dvec2 z = multiply_pair(s, s);
    precise double q = z.x;
    precise double p = 0.037037037037037035LF;
    p = p * q + 0.04LF;
    p = p * q + 0.043478260869565216LF;
    p = p * q + 0.047619047619047616LF;
    p = p * q + 0.05263157894736842LF;
    p = p * q + 0.058823529411764705LF;
    p = p * q + 0.06666666666666667LF;
    p = p * q + 0.07692307692307693LF;
    p = p * q + 0.09090909090909091LF;
    p = p * q + 0.1111111111111111LF;
    p = p * q + 0.14285714285714285LF;
    dvec2 sum = add_pair(dvec2(0.2LF, -1.1102230246251566e-17LF), scale_pair(z, p));
    sum = add_pair(dvec2(0.3333333333333333LF, 1.850371707708594e-17LF), multiply_pair(z, sum));
    sum = add_pair(dvec2(1.0LF, 0.0LF), multiply_pair(z, sum));
    return scale_pair(multiply_pair(s, sum), 2.0LF);
}

// log2 of a positive finite number as a sum of two.
dvec2 log2_pair(double x) {
    double m;
    int n = split_exponent(x, m);
    dvec2 per_octave = dvec2(1.4426950408889634LF, 2.0355273740931033e-17LF);
    return add_pair(dvec2(double(n), 0.0LF), multiply_pair(ln_pair(m), per_octave));
}

double x_log2(double x) {
    double y;
    if (known_logarithm(x, y)) return y;
    return log2_pair(x).x;
}

double x_log10(double x) {
    double y;
    if (known_logarithm(x, y)) return y;
    return multiply_pair(log2_pair(x), dvec2(0.3010299956639812LF, -2.8037281277851704e-18LF)).x;
}

// 2^(high + low).
double exp2_pair(double high, double low) {
    if (high > 1100.0LF) return INFINITE;
    if (high < -1100.0LF) return 0.0LF;
    precise double n = roundEven(high);
    precise double left = high - n;
    dvec2 r = multiply_pair(add_pair(dvec2(left, 0.0LF), dvec2(low, 0.0LF)),
        dvec2(0.6931471805599453LF, 2.3190468138462996e-17LF));
    return scaled(exp_near_zero(r.x, r.y), int(n));
}

bool is_whole(double x) { return floor(x) == x; }
bool is_odd(double x) { return is_whole(x) && abs(x) < 9007199254740992.0LF && !is_whole(x * 0.5LF); }

// C's rules for special values.
double x_pow(double x, double y) {
    if (y == 0.0LF || x == 1.0LF) return 1.0LF;
    if (is_nan(x) || is_nan(y)) return NOT_A_NUMBER;
    double a = abs(x);
    if (not_finite(y)) return a == 1.0LF ? 1.0LF : ((a > 1.0LF) == (y > 0.0LF) ? INFINITE : 0.0LF);
    if (x < 0.0LF && a < INFINITE && !is_whole(y)) return NOT_A_NUMBER;
    bool negative = sign_of(x) && is_odd(y);
    double size;
    if (a == 0.0LF) size = y < 0.0LF ? INFINITE : 0.0LF;
    else if (a == INFINITE) size = y < 0.0LF ? 0.0LF : INFINITE;
    else if (a == 1.0LF) size = 1.0LF;
    else {
        dvec2 l = log2_pair(a);
        precise double high = l.x * y;
        precise double low = 0.0LF;
        // Beyond, the result is 0 or infinite, and the rest might be no number.
        if (abs(high) < 1100.0LF) low = product_rest(l.x, y, high) + l.y * y;
        size = exp2_pair(high, low);
    }
    return negative ? -size : size;
}

uvec2 doubled(uvec2 x) { return uvec2(x.x << 1, (x.y << 1) | (x.x >> 31)); }

// The mantissa of a finite number but 0, its leading one at bit 52, and its exponent, which may be below the least
// of normal numbers.
uvec2 leading_mantissa(uvec2 bits, out int exponent) {
    exponent = max(int(bits.y >> 20), 1);
    if (bits.y >= 0x00100000u) bits.y = (bits.y & 0x000fffffu) | 0x00100000u;
    while (bits.y < 0x00100000u) {
        bits = doubled(bits);
        exponent--;
    }
    return bits;
}

// The exact remainder with the sign of a, by long division of the mantissas.
double x_rem(double a, double b) {
    uvec2 left = unpackDouble2x32(a);
    uvec2 right = unpackDouble2x32(b);
    uint sign = left.y & 0x80000000u;
    left.y &= 0x7fffffffu;
    right.y &= 0x7fffffffu;
    if (not_finite(a) || is_nan(b) || right == uvec2(0u)) return NOT_A_NUMBER;
    if (not_finite(b) || less_unsigned64(left, right)) return a;
    int exponent;
    int least;
    left = leading_mantissa(left, exponent);
    right = leading_mantissa(right, least);
    for (; exponent > least; exponent--) {
        if (!less_unsigned64(left, right)) left = sub64(left, right);
        left = doubled(left);
    }
    if (!less_unsigned64(left, right)) left = sub64(left, right);
    if (left == uvec2(0u)) return packDouble2x32(uvec2(0u, sign));
    while (left.y < 0x00100000u) {
        left = doubled(left);
        exponent--;
    }
    // A subnormal number has no leading one, and its exponent is written as 0.
    for (int e = exponent; e < 1; e++) left = uvec2((left.x >> 1) | (left.y << 31), left.y >> 1);
    if (exponent > 0) left.y = (left.y & 0x000fffffu) | (uint(exponent) << 20);
    return packDouble2x32(uvec2(left.x, left.y | sign));
}
