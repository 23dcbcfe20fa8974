// The loss of each step so far, over powers of ten.

const SVG = "http://www.w3.org/2000/svg";

function shape(kind, attributes, text) {
  const element = document.createElementNS(SVG, kind);
  for (const name in attributes) element.setAttribute(name, attributes[name]);
  if (text !== undefined) element.textContent = text;
  return element;
}

// `losses` are means of `every` steps each; the axis reaches to the last of all `steps`.
function drawLosses(svg, losses, every, steps) {
  const width = Math.max(svg.clientWidth, 260), height = Math.max(svg.clientHeight, 130);
  const left = 44, right = 10, top = 8, bottom = 24;
  const known = losses.filter((v) => v > 0);
  const low = Math.floor(Math.log10(Math.min(...known, 1))), high = Math.ceil(Math.log10(Math.max(...known, 2)));
  const end = Math.max(steps, losses.length * every, 1);
  const x = (step) => left + (step / end) * (width - left - right);
  const y = (loss) => top + ((high - Math.log10(loss)) / (high - low)) * (height - top - bottom);
  const parts = [];
  for (let power = low; power <= high; power++) {
    const at = y(10 ** power);
    parts.push(shape("line", { class: "grid", x1: left, x2: width - right, y1: at, y2: at }));
    const text = power < -2 ? "1e" + power : String(Number((10 ** power).toPrecision(1)));
    parts.push(shape("text", { class: "mark", x: left - 8, y: at + 4, "text-anchor": "end" }, text));
  }
  parts.push(shape("line", { class: "axis", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom }));
  for (const share of [0, 0.5, 1]) {
    const anchor = share === 0 ? "start" : share === 1 ? "end" : "middle";
    const text = Math.round(share * end).toLocaleString("en") + (share === 1 ? " steps" : "");
    parts.push(shape("text", { class: "mark", x: x(share * end), y: height - 6, "text-anchor": anchor }, text));
  }
  const points = losses.map((loss, i) => [loss, (i + 0.5) * every]).filter(([loss]) => loss > 0);
  const path = points.map(([loss, step]) => [x(step), y(loss)].map((v) => v.toFixed(1)).join());
  parts.push(shape("polyline", { class: "line", points: path.join(" ") }));
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren(...parts);
}
