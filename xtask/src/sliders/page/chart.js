// Axes, points and a line in an SVG element.

const SVG = "http://www.w3.org/2000/svg";

function shape(kind, attributes, text) {
  const element = document.createElementNS(SVG, kind);
  for (const name in attributes) element.setAttribute(name, attributes[name]);
  if (text !== undefined) element.textContent = text;
  return element;
}

// Round numbers inside a range, about `count` of them.
function ticks(low, high, count) {
  const rough = (high - low) / count, unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].find((times) => rough <= times * unit * 1.1);
  const all = [];
  for (let i = Math.ceil(low / step - 1e-6); i <= high / step + 1e-6; i++) all.push(i * step);
  return { all, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

function drawChart(svg, { xlim, ylim, points, line }) {
  const width = Math.max(svg.clientWidth, 260), height = Math.max(svg.clientHeight, 170);
  const left = 40, right = 10, top = 8, bottom = 26;
  const at = (x, y) => [
    left + ((x - xlim[0]) / (xlim[1] - xlim[0])) * (width - left - right),
    top + ((ylim[1] - y) / (ylim[1] - ylim[0])) * (height - top - bottom),
  ];
  const parts = [];
  const rule = (kind, [x1, y1], [x2, y2]) => parts.push(shape("line", { class: kind, x1, y1, x2, y2 }));
  const label = (value, digits) => number(value).replace(/\.\d+$/, "") + (digits ? value.toFixed(digits).slice(-digits - 1) : "");
  const across = ticks(...xlim, width / 90), up = ticks(...ylim, height / 55);
  for (const x of across.all) {
    rule("grid", at(x, ylim[0]), at(x, ylim[1]));
    const [px, py] = at(x, ylim[0]);
    parts.push(shape("text", { class: "mark", x: px, y: py + 18, "text-anchor": "middle" }, label(x, across.digits)));
  }
  for (const y of up.all) {
    rule("grid", at(xlim[0], y), at(xlim[1], y));
    const [px, py] = at(xlim[0], y);
    parts.push(shape("text", { class: "mark", x: px - 8, y: py + 4, "text-anchor": "end" }, label(y, up.digits)));
  }
  rule("axis", at(xlim[0], ylim[0]), at(xlim[1], ylim[0]));
  rule("axis", at(xlim[0], ylim[0]), at(xlim[0], ylim[1]));
  const clip = shape("clipPath", { id: "inside" });
  const corner = at(xlim[0], ylim[1]), end = at(xlim[1], ylim[0]);
  clip.append(shape("rect", { x: corner[0], y: corner[1], width: end[0] - corner[0], height: end[1] - corner[1] }));
  const inside = shape("g", { "clip-path": "url(#inside)" });
  for (const [x, y] of points) {
    const [cx, cy] = at(x, y);
    inside.append(shape("circle", { class: "dot", cx, cy, r: 4.5 }));
  }
  const path = line.filter(([, y]) => Number.isFinite(y)).map(([x, y]) => at(x, Math.max(Math.min(y, 1e4), -1e4)).map((v) => v.toFixed(2)).join());
  inside.append(shape("polyline", { class: "curve", points: path.join(" ") }));
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren(clip, ...parts, inside);
}

// A small line of the losses so far, by powers of ten.
function drawHistory(svg, losses) {
  const width = 320, height = 80, pad = 8;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const logs = losses.filter((v) => Number.isFinite(v) && v > 0).map(Math.log10);
  const low = Math.min(...logs), high = Math.max(...logs, low + 0.1);
  const place = (v, i) =>
    [pad + (i / Math.max(logs.length - 1, 1)) * (width - 2 * pad), pad + ((high - v) / (high - low)) * (height - 2 * pad)]
      .map((v) => v.toFixed(1)).join();
  svg.replaceChildren(shape("polyline", { class: "past", points: logs.map(place).join(" ") }));
}
