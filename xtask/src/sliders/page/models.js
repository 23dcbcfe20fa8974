// What can be fitted: functions of the parameters `p` and of `x`, and how they are written.

const relu = (v) => Math.max(v, 0);

const number = (v) => (v < 0 ? "−" + Math.abs(v).toFixed(2) : v.toFixed(2)).replace(/^−(0\.00)$/, "$1");

const plus = (v) => (v < 0 ? " − " : " + ") + Math.abs(v).toFixed(2);

const hinge = (p, i = "") => `relu(${number(p["m" + i])}x${plus(p["b" + i])})`;

const hinges = (p, x, count) => {
  let sum = 0;
  for (let i = 1; i <= count; i++) sum += relu(p["m" + i] * x + p["b" + i]);
  return sum;
};

const models = {
  quad: {
    value: (p, x) => p.a * x ** 2 + p.b * x + p.c,
    formula: (p) => `${number(p.a)}x²${plus(p.b)}x${plus(p.c)}`,
  },
  relu: {
    value: (p, x) => relu(p.m * x + p.b),
    formula: (p) => hinge(p),
  },
  double_relu: {
    value: (p, x) => hinges(p, x, 2),
    formula: (p) => [1, 2].map((i) => hinge(p, i)).join(" + "),
  },
  triple_relu: {
    value: (p, x) => hinges(p, x, 3),
    formula: (p) => [1, 2, 3].map((i) => hinge(p, i)).join(" + "),
  },
  network: {
    value: (p, x) => network.value(p, x),
    formula: (p) => `c + w₁ relu(m₁x + b₁)` + (p.n > 1 ? ` + … of ${p.n} ReLUs` : ""),
  },
};

// Mean absolute and mean squared error over the data.
function losses(value, x, y) {
  let absolute = 0, squared = 0;
  for (let i = 0; i < x.length; i++) {
    const off = value(x[i]) - y[i];
    absolute += Math.abs(off);
    squared += off * off;
  }
  return { mae: absolute / x.length, mse: squared / x.length };
}
