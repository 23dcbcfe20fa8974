// A sum of weighted ReLUs, c + w1 relu(m1 x + b1) + ..., and gradient descent on its mean squared error.

const network = {
  // The names of all parameters of `n` ReLUs.
  names(n) {
    const names = ["c"];
    for (let i = 1; i <= n; i++) names.push("w" + i, "m" + i, "b" + i);
    return names;
  },

  value(p, x) {
    let sum = p.c;
    for (let i = 1; i <= p.n; i++) sum += p["w" + i] * relu(p["m" + i] * x + p["b" + i]);
    return sum;
  },

  // One step down the gradient, worked out by the chain rule.
  step(p, x, y, rate) {
    const gradient = Object.fromEntries(this.names(p.n).map((name) => [name, 0]));
    for (let k = 0; k < x.length; k++) {
      const slope = (2 * (this.value(p, x[k]) - y[k])) / x.length;
      gradient.c += slope;
      for (let i = 1; i <= p.n; i++) {
        const inside = p["m" + i] * x[k] + p["b" + i];
        if (inside <= 0) continue;
        gradient["w" + i] += slope * inside;
        gradient["m" + i] += slope * p["w" + i] * x[k];
        gradient["b" + i] += slope * p["w" + i];
      }
    }
    for (const name in gradient) p[name] -= rate * gradient[name];
  },
};
