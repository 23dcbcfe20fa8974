// Floats kept as a sum of two, so that long sums and products lose no digits (Dekker 1971).

// A factor that cuts a number's digits in halves.
#ifdef DOUBLE
const double HALVES = 134217729.0LF;
#else
const float HALVES = 4097.0;
#endif

PAIR two_sum(REAL a, REAL b) {
    precise REAL sum = a + b;
    precise REAL part = sum - a;
    precise REAL rest = (a - (sum - part)) + (b - part);
    return PAIR(sum, rest);
}

PAIR add_pair(PAIR a, PAIR b) {
    PAIR high = two_sum(a.x, b.x);
    precise REAL low = high.y + (a.y + b.y);
    precise REAL sum = high.x + low;
    precise REAL rest = low - (sum - high.x);
    // Beyond the finite numbers the rests are no numbers.
    return not_finite(sum) ? PAIR(sum, 0.0) : PAIR(sum, rest);
}

// What a product loses to rounding; by halves of the factors, because fma need not be fused.
REAL product_rest(REAL a, REAL b, REAL product) {
    precise REAL c = HALVES * a;
    precise REAL a_high = c - (c - a);
    precise REAL a_low = a - a_high;
    precise REAL d = HALVES * b;
    precise REAL b_high = d - (d - b);
    precise REAL b_low = b - b_high;
    precise REAL rest = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
    return rest;
}

PAIR multiply_pair(PAIR a, PAIR b) {
    precise REAL high = a.x * b.x;
    precise REAL low = product_rest(a.x, b.x, high) + (a.x * b.y + a.y * b.x);
    precise REAL product = high + low;
    precise REAL rest = low - (product - high);
    return not_finite(product) || not_finite(rest) ? PAIR(high, 0.0) : PAIR(product, rest);
}
