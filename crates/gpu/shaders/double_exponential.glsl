// Exponentials and logarithms of doubles, for which GLSL has none: Taylor's series after reducing the argument,
// with what a rounding loses carried along, to about one unit in the last place. No step relies on fma, and every
// one is precise, so that a device with correctly rounded arithmetic gives the same bits as any other.

// ln 2 with so few bits that its product with an exponent is exact, and the rest of it.
const double LN_2_HIGH = 0.6931471805598903LF;
const double LN_2_LOW = 5.497923018708371e-14LF;

bool less(double a, double b) { return a < b; }
bool less_or_equal(double a, double b) { return a <= b; }
bool same(double a, double b) { return a == b; }

double x_max(double a, double b) { return is_nan(a) || a > b ? a : b; }
double x_min(double a, double b) { return is_nan(a) || a < b ? a : b; }

bool sign_of(double x) { return (unpackDouble2x32(x).y >> 31) == 1u; }

// 2^n for the exponents of normal numbers.
double two_to(int n) { return packDouble2x32(uvec2(0u, uint(n + 1023) << 20)); }

// The root, corrected by what its square misses: drivers may be off by more than a rounding.
double x_sqrt(double x) {
    precise double root = sqrt(x);
    // Near the bounds the rest would be lost.
    if (!(root > 1e-100LF && root < 1e100LF)) return root;
    precise double square = root * root;
    precise double rest = (x - square) - product_rest(root, root, square);
    precise double y = root + rest / (2.0LF * root);
    return y;
}

// e^(r + rest) - 1 - r for an r of at most ln(2) / 2 and a rest far below.
double exp_beyond(double r, double rest) {
    precise double s = r * r;
    precise double p = 1.6059043836821613e-10LF;
    p = p * r + 2.08767569878681e-09LF;
    p = p * r + 2.505210838544172e-08LF;
    p = p * r + 2.755731922398589e-07LF;
    p = p * r + 2.7557319223985893e-06LF;
    p = p * r + 2.48015873015873e-05LF;
    p = p * r + 1.984126984126984e-4LF;
    p = p * r + 0.001388888888888889LF;
    p = p * r + 0.008333333333333333LF;
    p = p * r + 0.041666666666666664LF;
    p = p * r + 0.16666666666666666LF;
    p = p * r + 0.5LF;
    p = p * s + (rest + rest * r);
    return p;
}

// e^(r + rest) of the same.
double exp_near_zero(double r, double rest) {
    precise double sum = 1.0LF + r;
    precise double lost = (1.0LF - sum) + r;
    precise double y = sum + (lost + exp_beyond(r, rest));
    return y;
}

// How many times ln 2 there is in x; r and rest are what is left.
int whole_octaves(double x, double extra, out double r, out double rest) {
    precise double n = roundEven(x * 1.4426950408889634LF);
    precise double high = x - n * LN_2_HIGH;
    precise double low = n * LN_2_LOW - extra;
    precise double left = high - low;
    precise double lost = (high - left) - low;
    r = left;
    rest = lost;
    return int(n);
}

// x 2^n in two steps, because 2^n itself may be none.
double scaled(double x, int n) {
    int part = n >> 1;
    precise double y = x * two_to(part) * two_to(n - part);
    return y;
}

// e^(x + extra) for an extra far below x.
double exp_sum(double x, double extra) {
    if (is_nan(x)) return x;
    if (x > 710.0LF) return INFINITE;
    if (x < -746.0LF) return 0.0LF;
    double r;
    double rest;
    int n = whole_octaves(x, extra, r, rest);
    return scaled(exp_near_zero(r, rest), n);
}

double x_exp(double x) { return exp_sum(x, 0.0LF); }

double x_exp_m1(double x) {
    if (is_nan(x)) return x;
    if (x > 710.0LF) return INFINITE;
    if (x < -40.0LF) return -1.0LF;
    double r;
    double rest;
    int n = whole_octaves(x, 0.0LF, r, rest);
    precise double beyond = exp_beyond(r, rest);
    // Where nothing was taken away the sign of a zero and every digit of a small x are kept.
    if (n == 0) return abs(x) < 1e-17LF ? x : x + beyond;
    // e^r - 2^-n, times 2^n.
    precise double one = n > 60 ? 0.0LF : two_to(-n);
    precise double above = 1.0LF - one;
    precise double sum = above + r;
    precise double lost = abs(above) > abs(r) ? (above - sum) + r : (r - sum) + above;
    precise double y = sum + (lost + beyond);
    return scaled(y, n);
}

// The exponent of a positive finite number, and its mantissa from sqrt(1/2) to sqrt(2).
int split_exponent(double x, out double mantissa) {
    uvec2 bits = unpackDouble2x32(x);
    int by = 0;
    if (bits.y < 0x00100000u) {
        // A subnormal number is moved up by its bits: a driver need not multiply it.
        by = 52 - (bits.y != 0u ? 32 + findMSB(bits.y) : findMSB(bits.x));
        uint high = by >= 32 ? bits.x << uint(by - 32) : (bits.y << uint(by)) | (bits.x >> uint(32 - by));
        bits = uvec2(by >= 32 ? 0u : bits.x << uint(by), high);
    }
    uint fraction = bits.y & 0x000fffffu;
    bool upper = fraction > 0x6a09eu || (fraction == 0x6a09eu && bits.x > 0x667f3bcdu);
    mantissa = packDouble2x32(uvec2(bits.x, fraction | (upper ? 0x3fe00000u : 0x3ff00000u)));
    return int(bits.y >> 20) - 1023 - by + (upper ? 1 : 0);
}

// Whether a logarithm of x is known without computing it, and which it is.
bool known_logarithm(double x, out double y) {
    y = x;
    if (is_nan(x)) return true;
    uvec2 bits = unpackDouble2x32(x);
    if ((bits.x | (bits.y << 1)) == 0u) y = -INFINITE;
    else if (bits.y >> 31 == 1u) y = NOT_A_NUMBER;
    else return bits.y == 0x7ff00000u;
    return true;
}

// ln(1 + f) + extra + n ln 2 for 1 + f from sqrt(1/2) to sqrt(2).
double ln_of_parts(int n, double f, double extra) {
    precise double s = f / (2.0LF + f);
    precise double z = s * s;
    // 2 artanh(s) = 2 (s + s^3 / 3 + ...), and 2 s = f - s f.
    precise double p = 0.08695652173913043LF;
    p = p * z + 0.09523809523809523LF;
    p = p * z + 0.10526315789473684LF;
    p = p * z + 0.11764705882352941LF;
    p = p * z + 0.13333333333333333LF;
    p = p * z + 0.15384615384615385LF;
    p = p * z + 0.18181818181818182LF;
    p = p * z + 0.2222222222222222LF;
    p = p * z + 0.2857142857142857LF;
    p = p * z + 0.4LF;
    p = p * z + 0.6666666666666666LF;
    p = p * z;
    precise double half_square = 0.5LF * f * f;
    precise double octaves = double(n);
    precise double small = s * (half_square + p) + (octaves * LN_2_LOW + extra);
    precise double y = octaves * LN_2_HIGH - ((half_square - small) - f);
    return y;
}

double x_ln(double x) {
    double m;
    if (known_logarithm(x, m)) return m;
    int n = split_exponent(x, m);
    return ln_of_parts(n, m - 1.0LF, 0.0LF);
}

double x_ln_1p(double x) {
    if (is_nan(x) || x == INFINITE || abs(x) < 1e-17LF) return x;
    if (x <= -1.0LF) return x == -1.0LF ? -INFINITE : NOT_A_NUMBER;
    precise double sum = 1.0LF + x;
    double m;
    int n = split_exponent(sum, m);
    if (n == 0) return ln_of_parts(0, x, 0.0LF);
    // What the sum lost, as a share of it.
    precise double lost = x > 1.0LF ? 1.0LF - (sum - x) : x - (sum - 1.0LF);
    precise double extra = lost / sum;
    return ln_of_parts(n, m - 1.0LF, extra);
}

double x_tanh(double x) {
    if (is_nan(x)) return x;
    precise double e = x_exp_m1(2.0LF * min(abs(x), 20.0LF));
    precise double y = e / (e + 2.0LF);
    return sign_of(x) ? -y : y;
}

double x_sigmoid(double x) {
    precise double e = x_exp(-abs(x));
    precise double y = (sign_of(x) ? e : 1.0LF) / (1.0LF + e);
    return y;
}
