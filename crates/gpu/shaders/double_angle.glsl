// Trigonometry of doubles.

// 2/pi in binary, 32 bits a word.
const uint TWO_OVER_PI[40] = uint[](
    0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu, 0xdebbc561u,
    0xb7246e3au, 0x424dd2e0u, 0x06492eeau, 0x09d1921cu, 0xfe1deb1cu, 0xb129a73eu, 0xe88235f5u, 0x2ebb4484u,
    0xe99c7026u, 0xb45f7e41u, 0x3991d639u, 0x835339f4u, 0x9c845f8bu, 0xbdf9283bu, 0x1ff897ffu, 0xde05980fu,
    0xef2f118bu, 0x5a0a6d1fu, 0x6d367ecfu, 0x27cb09b7u, 0x4f463f66u, 0x9e5fea2du, 0x7527bac7u, 0xebe5f17bu,
    0x3d0739f7u, 0x8a5292eau, 0x6bfb5fb1u, 0x1f8d5d08u, 0x56033046u, 0xfc7b6babu, 0xf0cfbc20u, 0x9af4361du);

// 32 bits of 2/pi from a position after the binary point; zeros before it.
uint two_over_pi_bits(int first) {
    if (first <= -32) return 0u;
    if (first < 0) return TWO_OVER_PI[0] >> uint(-first);
    uint word = uint(first) >> 5;
    uint bit = uint(first) & 31u;
    return bit == 0u ? TWO_OVER_PI[word] : (TWO_OVER_PI[word] << bit) | (TWO_OVER_PI[word + 1u] >> (32u - bit));
}

// An angle of any size as one within an eighth of a turn of 0, a sum of two, and the quarters that it was moved by
// (Payne and Hanek 1983).
dvec2 quarter(double x, out uint q) {
    q = 0u;
    if (abs(x) < 0.7853981633974483LF) return dvec2(x, 0.0LF);
    // x = mantissa 2^exponent; of the product with 2/pi only the bits of 2 and below matter.
    uvec2 bits = unpackDouble2x32(x);
    uint upper = (bits.y & 0x000fffffu) | 0x00100000u;
    int first = int((bits.y >> 20) & 0x7ffu) - 1075 - 2;
    uint window[6];
    for (int i = 0; i < 6; i++) window[i] = two_over_pi_bits(first + 32 * i);
    uint p[6];
    uint high;
    uint low;
    uint one;
    uint two;
    uint carry = 0u;
    for (int i = 5; i >= 0; i--) {
        umulExtended(bits.x, window[i], high, low);
        p[i] = uaddCarry(low, carry, one);
        carry = high + one;
    }
    carry = 0u;
    for (int i = 5; i > 0; i--) {
        umulExtended(upper, window[i], high, low);
        low = uaddCarry(low, p[i - 1], one);
        p[i - 1] = uaddCarry(low, carry, two);
        carry = high + one + two;
    }
    // The top two bits are the quarter, the rest is its fraction.
    q = p[0] >> 30;
    bool up = ((p[0] >> 29) & 1u) == 1u;
    dvec2 fraction = dvec2(0.0LF);
    for (int i = 4; i >= 0; i--) {
        uint word = (p[i] << 2) | (p[i + 1] >> 30);
        precise double part = double(up ? ~word : word) * two_to(-32 * (i + 1));
        fraction = add_pair(dvec2(part, 0.0LF), fraction);
    }
    if (up) {
        q = (q + 1u) & 3u;
        fraction = -fraction;
    }
    if (sign_of(x)) {
        q = (4u - q) & 3u;
        fraction = -fraction;
    }
    return multiply_pair(fraction, dvec2(1.5707963267948966LF, 6.123233995736766e-17LF));
}

double sin_near_zero(dvec2 z) {
    precise double s = z.x * z.x;
    precise double p = 2.8114572543455206e-15LF;
    p = p * s - 7.647163731819816e-13LF;
    p = p * s + 1.6059043836821613e-10LF;
    p = p * s - 2.505210838544172e-08LF;
    p = p * s + 2.7557319223985893e-06LF;
    p = p * s - 1.984126984126984e-4LF;
    p = p * s + 0.008333333333333333LF;
    p = p * s - 0.16666666666666666LF;
    precise double y = z.x + (z.x * (s * p) + z.y * (1.0LF - 0.5LF * s));
    return y;
}

double cos_near_zero(dvec2 z) {
    precise double s = z.x * z.x;
    precise double p = -1.5619206968586225e-16LF;
    p = p * s + 4.779477332387385e-14LF;
    p = p * s - 1.1470745597729725e-11LF;
    p = p * s + 2.08767569878681e-09LF;
    p = p * s - 2.755731922398589e-07LF;
    p = p * s + 2.48015873015873e-05LF;
    p = p * s - 0.001388888888888889LF;
    p = p * s + 0.041666666666666664LF;
    precise double half_square = 0.5LF * s;
    precise double most = 1.0LF - half_square;
    precise double y = most + (((1.0LF - most) - half_square) + (p * s * s - z.x * z.y));
    return y;
}

double turned(double x, uint by) {
    if (not_finite(x)) return NOT_A_NUMBER;
    uint q;
    dvec2 z = quarter(x, q);
    q = (q + by) & 3u;
    double value = (q & 1u) == 1u ? cos_near_zero(z) : sin_near_zero(z);
    return q >= 2u ? -value : value;
}

double x_sin(double x) { return x == 0.0LF ? x : turned(x, 0u); }
double x_cos(double x) { return turned(x, 1u); }

double x_tan(double x) {
    if (not_finite(x)) return NOT_A_NUMBER;
    if (x == 0.0LF) return x;
    uint q;
    dvec2 z = quarter(x, q);
    double s = sin_near_zero(z);
    double c = cos_near_zero(z);
    return (q & 1u) == 1u ? -c / s : s / c;
}

// The angle of a point to the right and above, neither near the bounds of doubles.
double slope_angle(double y, double x) {
    // Three ranges, so that the series sees at most tan(pi / 8): the angle is one of them and that of a quotient.
    dvec2 above = dvec2(y, 0.0LF);
    dvec2 below = dvec2(x, 0.0LF);
    dvec2 offset = dvec2(0.0LF);
    if (y > 2.414213562373095LF * x) {
        offset = dvec2(1.5707963267948966LF, 6.123233995736766e-17LF);
        above = dvec2(-x, 0.0LF);
        below = dvec2(y, 0.0LF);
    } else if (y > 0.41421356237309503LF * x) {
        offset = dvec2(0.7853981633974483LF, 3.061616997868383e-17LF);
        above = two_sum(y, -x);
        below = two_sum(y, x);
    }
    precise double z = above.x / below.x;
    // What the division lost.
    precise double product = z * below.x;
    precise double rest = (((above.x - product) - product_rest(z, below.x, product)) + above.y - z * below.y) / below.x;
    precise double s = z * z;
    precise double p = -0.023255813953488372LF;
    p = p * s + 0.024390243902439025LF;
    p = p * s - 0.02564102564102564LF;
    p = p * s + 0.02702702702702703LF;
    p = p * s - 0.02857142857142857LF;
    p = p * s + 0.030303030303030304LF;
    p = p * s - 0.03225806451612903LF;
    p = p * s + 0.034482758620689655LF;
    p = p * s - 0.037037037037037035LF;
    p = p * s + 0.04LF;
    p = p * s - 0.043478260869565216LF;
    p = p * s + 0.047619047619047616LF;
    p = p * s - 0.05263157894736842LF;
    p = p * s + 0.058823529411764705LF;
    p = p * s - 0.06666666666666667LF;
    p = p * s + 0.07692307692307693LF;
    p = p * s - 0.09090909090909091LF;
    p = p * s + 0.1111111111111111LF;
    p = p * s - 0.14285714285714285LF;
    p = p * s + 0.2LF;
    p = p * s - 0.3333333333333333LF;
    precise double angle = offset.x + (z + (z * (s * p) + (rest * (1.0LF - s) + offset.y)));
    return angle;
}

double x_atan(double x) {
    if (is_nan(x)) return x;
    double a = abs(x);
    double angle = a < 1e-9LF ? a : slope_angle(min(a, 1e100LF), 1.0LF);
    return sign_of(x) ? -angle : angle;
}

double x_atan2(double y, double x) {
    if (is_nan(x) || is_nan(y)) return NOT_A_NUMBER;
    double run = abs(x);
    double rise = abs(y);
    double angle;
    if (rise == 0.0LF) angle = 0.0LF;
    else if (rise == INFINITE || run == INFINITE) {
        angle = rise < INFINITE ? 0.0LF : run < INFINITE ? 1.5707963267948966LF : 0.7853981633974483LF;
    } else {
        // Away from the bounds, where rests of products would be lost.
        if (max(run, rise) > 1e200LF) {
            run *= two_to(-200);
            rise *= two_to(-200);
        } else if (max(run, rise) < 1e-100LF) {
            run *= two_to(600);
            rise *= two_to(600);
        }
        if (rise < 1e-9LF * run) angle = rise / run;
        else if (run < 1e-30LF * rise) angle = 1.5707963267948966LF;
        else angle = slope_angle(rise, run);
    }
    if (sign_of(x)) {
        precise double other = 3.141592653589793LF - (angle - 1.2246467991473532e-16LF);
        angle = other;
    }
    return sign_of(y) ? -angle : angle;
}
