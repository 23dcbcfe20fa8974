// Floats kept as a sum of two, so that long sums and products lose no digits (Dekker 1971).

bool not_finite(float x) { return (floatBitsToUint(x) & 0x7fffffffu) >= 0x7f800000u; }

vec2 two_sum(float a, float b) {
    precise float sum = a + b;
    precise float part = sum - a;
    precise float rest = (a - (sum - part)) + (b - part);
    return vec2(sum, rest);
}

vec2 add_pair(vec2 a, vec2 b) {
    vec2 high = two_sum(a.x, b.x);
    precise float low = high.y + (a.y + b.y);
    precise float sum = high.x + low;
    precise float rest = low - (sum - high.x);
    // Beyond the finite numbers the rests are no numbers.
    return not_finite(sum) ? vec2(sum, 0.0) : vec2(sum, rest);
}

// What a product loses to rounding; by halves of the factors, because fma need not be fused.
float product_rest(float a, float b, float product) {
    precise float c = 4097.0 * a;
    precise float a_high = c - (c - a);
    precise float a_low = a - a_high;
    precise float d = 4097.0 * b;
    precise float b_high = d - (d - b);
    precise float b_low = b - b_high;
    precise float rest = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
    return rest;
}

vec2 multiply_pair(vec2 a, vec2 b) {
    precise float high = a.x * b.x;
    precise float low = product_rest(a.x, b.x, high) + (a.x * b.y + a.y * b.x);
    precise float product = high + low;
    precise float rest = low - (product - high);
    return not_finite(product) || not_finite(rest) ? vec2(high, 0.0) : vec2(product, rest);
}
