// The error function and the normal distribution of doubles.

// erf(x) below 1, by Taylor's series.
double erf_near_zero(double x) {
    precise double s = x * x;
    precise double p = -9.063970842808673e-17LF;
    p = p * s + 1.6342614095367152e-15LF;
    p = p * s - 2.7835162072109215e-14LF;
    p = p * s + 4.4632242632864775e-13LF;
    p = p * s - 6.7113668551641105e-12LF;
    p = p * s + 9.422759064650411e-11LF;
    p = p * s - 1.2290555301717928e-09LF;
    p = p * s + 1.4807192815879218e-08LF;
    p = p * s - 1.6365844691234924e-07LF;
    p = p * s + 1.6462114365889248e-06LF;
    p = p * s - 1.492565035840625e-05LF;
    p = p * s + 0.00012055332981789664LF;
    p = p * s - 0.0008548327023450853LF;
    p = p * s + 0.005223977625442188LF;
    p = p * s - 0.026866170645131252LF;
    p = p * s + 0.11283791670955126LF;
    p = p * s - 0.37612638903183754LF;
    precise double y = x + x * (0.12837916709551256LF + s * p);
    return y;
}

// erfc(z) for a z from 0.44 to 27.5 whose square is the sum of two: (1 + 2z) e^(z^2) erfc(z) as a polynomial of
// (z - 3) / (z + 3), interpolated at Chebyshev's points.
double erfc_far(double z, double square, double rest) {
    precise double t = (z - 3.0LF) / (z + 3.0LF);
    precise double p = -1.3535816042286499e-08LF;
    p = p * t + 2.0723945267390576e-08LF;
    p = p * t + 1.0738109053877117e-07LF;
    p = p * t - 1.160882517698165e-07LF;
    p = p * t - 6.256529257233257e-07LF;
    p = p * t + 3.387622186365711e-07LF;
    p = p * t + 3.4794977940100316e-06LF;
    p = p * t - 7.234314141897715e-07LF;
    p = p * t - 2.0103826511864338e-05LF;
    p = p * t + 4.947142205050281e-06LF;
    p = p * t + 0.00012510027980176274LF;
    p = p * t - 0.00010515935928744756LF;
    p = p * t - 0.0007798324359069833LF;
    p = p * t + 0.0018886903068126815LF;
    p = p * t + 0.0025293918333672756LF;
    p = p * t - 0.023770514914936963LF;
    p = p * t + 0.06830802734297654LF;
    p = p * t - 0.11927366341544668LF;
    p = p * t + 0.1296451587027872LF;
    p = p * t - 0.047562294353448706LF;
    p = p * t - 0.1356211061245814LF;
    p = p * t + 1.2530080582697296LF;
    precise double y = exp_sum(-square, -rest) * p / (1.0LF + 2.0LF * z);
    return y;
}

double x_erf(double x) {
    double a = abs(x);
    if (is_nan(x) || a < 1e-300LF) return x * 1.1283791670955126LF;
    if (a < 0.9LF) return erf_near_zero(x);
    double z = min(a, 6.5LF);
    precise double square = z * z;
    precise double y = 1.0LF - erfc_far(z, square, product_rest(z, z, square));
    return sign_of(x) ? -y : y;
}

double x_normal_cdf(double x) {
    double a = abs(x);
    if (is_nan(x)) return x;
    precise double z = min(a, 38.8LF) * 0.7071067811865476LF;
    if (z < 0.45LF) {
        precise double near = 0.5LF + 0.5LF * erf_near_zero(sign_of(x) ? -z : z);
        return near;
    }
    // Half the square of x is known with all its digits.
    a = min(a, 38.8LF);
    precise double square = a * a;
    precise double tail = 0.5LF * erfc_far(z, 0.5LF * square, 0.5LF * product_rest(a, a, square));
    return sign_of(x) ? tail : 1.0LF - tail;
}
