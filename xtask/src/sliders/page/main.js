// The page: one model at a time, named in the address after `#`, with a slider for each of its parameters.

const find = (id) => document.getElementById(id);
const make = (kind, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(kind), properties);
  element.append(...children);
  return element;
};

// The model shown, its start, and the values of its parameters.
const state = { model: null, start: null, p: {}, steps: 0, past: [], running: false, diverged: false };

const y = () => lesson.y[state.start.data];

function enter(id) {
  state.model = lesson.models.find((model) => model.id === id) ?? lesson.models[0];
  for (const link of find("models").children) {
    if (link.hash === "#" + state.model.id) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  find("hint").textContent = state.model.hint;
  find("data").checked = state.model.scatter;
  const starts = state.model.starts.map((start, i) => {
    const radio = make("input", { type: "radio", name: "start", checked: i === 0 });
    radio.addEventListener("change", () => begin(start));
    return make("label", {}, radio, " " + start.name);
  });
  find("starts").replaceChildren(find("starts").firstElementChild, ...starts);
  find("starts").hidden = starts.length < 2;
  find("training").hidden = state.model.id !== "network";
  begin(state.model.starts[0]);
}

// Sets all parameters to a start's values and builds their sliders.
function begin(start) {
  halt();
  state.start = start;
  state.p = Object.fromEntries(start.parameters.map((parameter) => [parameter.name, parameter.start]));
  if (state.model.id === "network") {
    weights();
    buildNetwork(start);
  } else {
    find("parameters").replaceChildren(...start.parameters.map((parameter) => slider(parameter)));
  }
  show();
}

// The label, the slider and the number of one parameter.
function slider({ name, label, min, max, step }, wide = false) {
  const id = "p-" + name;
  const input = make("input", { type: "range", id, name, min, max, step });
  input.value = state.p[name];
  input.addEventListener("input", () => {
    state.p[name] = Number(input.value);
    if (name === "n") resize();
    show();
  });
  const [, letter, index] = name.match(/^([a-z]+)(\d*)$/);
  const text = label ? [label] : [letter, make("sub", { textContent: index })];
  const output = make("output", { htmlFor: id });
  return make("div", { className: wide ? "slider wide" : "slider" }, make("label", { htmlFor: id }, ...text), input, output);
}

// The weights of the first `n` ReLUs as they are before any step.
function weights() {
  state.p.c = 0;
  for (let i = 1; i <= state.p.n; i++) {
    const [w, m, b] = lesson.units[i - 1];
    Object.assign(state.p, { ["w" + i]: w, ["m" + i]: m, ["b" + i]: b });
  }
  state.steps = 0;
  state.diverged = false;
  state.past = [];
}

function buildNetwork(start) {
  const range = { min: -8, max: 8, step: "any" };
  const own = network.names(state.p.n).map((name) => slider({ name, ...range }));
  const details = make("details", { open: state.p.n <= 3 }, make("summary", { textContent: `All ${own.length} weights` }), ...own);
  find("parameters").replaceChildren(...start.parameters.map((parameter) => slider(parameter, true)), details);
}

// Another number of ReLUs: their sliders change, the one that changed it keeps the focus.
function resize() {
  for (const name of Object.keys(state.p)) if (/^[wmb]\d+$|^c$/.test(name)) delete state.p[name];
  weights();
  buildNetwork(state.start);
  find("p-n").focus();
}

function show() {
  const p = state.p, model = models[state.model.id];
  const value = (x) => model.value(p, x);
  const { mae, mse } = losses(value, lesson.x, y());
  for (const input of find("parameters").elements) {
    if (input.type !== "range") continue;
    if (document.activeElement !== input || state.running) input.value = p[input.name];
    input.parentElement.querySelector("output").value = input.name === "n" ? p.n : number(p[input.name]);
    if (input.name === "rate") input.parentElement.querySelector("output").value = p.rate.toFixed(3);
  }
  find("formula").textContent = model.formula(p);
  const loss = (name, v) => [name + ": ", make("b", { textContent: Number.isFinite(v) ? v.toFixed(2) : "∞" })];
  const steps = state.model.id === "network" ? ` · step ${state.steps}` : "";
  const warning = state.diverged ? " · diverged: lower the learning rate and start over" : "";
  find("loss").replaceChildren(...loss("MAE", mae), " · ", ...loss("MSE", mse), steps + warning);
  find("loss").dataset.mae = mae;
  find("loss").dataset.mse = mse;
  document.title = `MAE: ${mae.toFixed(2)} · ${state.model.name}`;
  const [low, high] = lesson.range, count = 101;
  const line = Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1)).map((x) => [x, value(x)]);
  const points = find("data").checked ? lesson.x.map((x, i) => [x, y()[i]]) : [];
  drawChart(find("chart"), { xlim: lesson.range, ylim: state.start.ylim, points, line });
  if (state.model.id === "network") {
    if (state.past.length === 0) state.past.push(mse);
    drawHistory(find("history"), state.past);
  }
}

// Steps down the gradient; a loss that is no number, or huge, ends them.
function descend(count) {
  for (let i = 0; i < count && !state.diverged; i++) {
    network.step(state.p, lesson.x, y(), state.p.rate);
    state.steps += 1;
    const { mse } = losses((x) => network.value(state.p, x), lesson.x, y());
    state.diverged = !(mse < 1e6);
    if (!state.diverged) state.past.push(mse);
  }
  // Every second loss is dropped once there are many, so that the line stays quick to draw.
  if (state.past.length > 2000) state.past = state.past.filter((_, i) => i % 2 === 0);
  if (state.diverged) halt();
  show();
}

function halt() {
  state.running = false;
  find("run").textContent = "Run";
}

function frame() {
  if (!state.running) return;
  descend(5);
  requestAnimationFrame(frame);
}

find("run").addEventListener("click", () => {
  if (state.running) return halt();
  state.running = true;
  find("run").textContent = "Pause";
  frame();
});
find("step").addEventListener("click", () => { halt(); descend(1); });
find("again").addEventListener("click", () => { halt(); weights(); show(); });
find("reset").addEventListener("click", () => begin(state.start));
find("data").addEventListener("change", show);
find("parameters").addEventListener("submit", (event) => event.preventDefault());
find("models").append(...lesson.models.map(({ id, name }) => make("a", { href: "#" + id, textContent: name })));
addEventListener("hashchange", () => enter(location.hash.slice(1)));
addEventListener("resize", show);
enter(location.hash.slice(1));
