// The quantile of the normal distribution for doubles, step by step as on the CPU (Wichura 1988, AS 241).

double fold(double x, double a, double b, double c, double d, double e, double f, double g, double h) {
    precise double y = ((((((h * x + g) * x + f) * x + e) * x + d) * x + c) * x + b) * x + a;
    return y;
}

double normal_quantile(double p) {
    precise double centred = p - 0.5LF;
    if (abs(centred) <= 0.425LF) {
        precise double r = 0.180625LF - centred * centred;
        precise double slope = fold(r, 3.387132872796366608LF, 1.3314166789178437745e2LF, 1.9715909503065514427e3LF,
                1.3731693765509461125e4LF, 4.5921953931549871457e4LF, 6.7265770927008700853e4LF,
                3.3430575583588128105e4LF, 2.5090809287301226727e3LF)
            / fold(r, 1.0LF, 4.2313330701600911252e1LF, 6.871870074920579083e2LF, 5.3941960214247511077e3LF,
                2.1213794301586595867e4LF, 3.930789580009271061e4LF, 2.8729085735721942674e4LF,
                5.226495278852854561e3LF);
        return centred * slope;
    }
    double tail = centred < 0.0LF ? p : 1.0LF - p;
    double r = x_sqrt(-x_ln(tail));
    double size;
    if (r <= 5.0LF) {
        precise double t = r - 1.6LF;
        size = fold(t, 1.42343711074968357734LF, 4.6303378461565452959LF, 5.7694972214606914055LF,
                3.64784832476320460504LF, 1.27045825245236838258LF, 2.4178072517745061177e-1LF,
                2.27238449892691845833e-2LF, 7.7454501427834140764e-4LF)
            / fold(t, 1.0LF, 2.05319162663775882187LF, 1.6763848301838038494LF, 6.8976733498510000455e-1LF,
                1.4810397642748007459e-1LF, 1.51986665636164571966e-2LF, 5.475938084995344946e-4LF,
                1.05075007164441684324e-9LF);
    } else {
        precise double t = r - 5.0LF;
        size = fold(t, 6.6579046435011037772LF, 5.4637849111641143699LF, 1.7848265399172913358LF,
                2.9656057182850489123e-1LF, 2.6532189526576123093e-2LF, 1.2426609473880784386e-3LF,
                2.71155556874348757815e-5LF, 2.01033439929228813265e-7LF)
            / fold(t, 1.0LF, 5.9983220655588793769e-1LF, 1.3692988092273580531e-1LF, 1.48753612908506148525e-2LF,
                7.868691311456132591e-4LF, 1.8463183175100546818e-5LF, 1.4215117583164458887e-7LF,
                2.04426310338993978564e-15LF);
    }
    return centred < 0.0LF ? -size : size;
}
