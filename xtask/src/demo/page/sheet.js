// The sheet: strokes of a pen, by mouse, finger or keys, on a square whose sides are 1.

const PEN = 0.075;
const sheet = {
  canvas: find("sheet"),
  strokes: [],
  drawing: false,
  // The pen that keys move: where it is, and whether it is down.
  pen: { at: [0.5, 0.5], down: false, used: false },
  changed: () => {},

  begin(point) {
    this.strokes.push([point]);
    this.drawing = true;
    this.update();
  },

  to(points) {
    if (this.strokes.length === 0) this.strokes.push([]);
    this.strokes.at(-1).push(...points);
    this.update();
  },

  undo() {
    this.lift();
    this.strokes.pop();
    this.update();
  },

  clear() {
    this.lift();
    this.strokes = [];
    this.update();
  },

  lift() {
    this.drawing = this.pen.down = false;
    if (this.pen.used) this.say();
  },

  update() {
    this.show();
    this.changed();
  },

  say() {
    find("pen").textContent = this.pen.down ? "The pen is down." : "The pen is up.";
  },

  show() {
    const size = Math.round(this.canvas.clientWidth * devicePixelRatio) || 280;
    if (this.canvas.width !== size) this.canvas.width = this.canvas.height = size;
    const context = this.canvas.getContext("2d");
    const style = getComputedStyle(document.documentElement);
    context.clearRect(0, 0, size, size);
    context.lineWidth = PEN * size;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = context.fillStyle = style.getPropertyValue("--ink");
    for (const [first, ...rest] of this.strokes) {
      context.beginPath();
      if (rest.length === 0) {
        context.arc(first[0] * size, first[1] * size, (PEN * size) / 2, 0, 7);
        context.fill();
        continue;
      }
      context.moveTo(first[0] * size, first[1] * size);
      for (const [x, y] of rest) context.lineTo(x * size, y * size);
      context.stroke();
    }
    if (!this.pen.used || document.activeElement !== this.canvas) return;
    const [x, y] = this.pen.at.map((v) => v * size);
    context.lineWidth = 2 * devicePixelRatio;
    context.strokeStyle = style.getPropertyValue(this.pen.down ? "--red" : "--blue");
    context.beginPath();
    context.arc(x, y, (PEN * size) / 2, 0, 7);
    context.stroke();
  },
};

// Where an event is on the sheet, not beyond its edges.
function place(event) {
  const { left, top, width, height } = sheet.canvas.getBoundingClientRect();
  const inside = (v) => Math.round(Math.min(Math.max(v, 0), 1) * 1e4) / 1e4;
  return [inside((event.clientX - left) / width), inside((event.clientY - top) / height)];
}

sheet.canvas.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || sheet.drawing) return;
  event.preventDefault();
  sheet.canvas.focus({ preventScroll: true });
  sheet.canvas.setPointerCapture(event.pointerId);
  sheet.lift();
  sheet.pen.used = false;
  find("pen").textContent = "";
  sheet.begin(place(event));
});
sheet.canvas.addEventListener("pointermove", (event) => {
  if (!sheet.drawing || !sheet.canvas.hasPointerCapture(event.pointerId)) return;
  const events = event.getCoalescedEvents?.() ?? [];
  sheet.to((events.length ? events : [event]).map(place));
});
for (const end of ["pointerup", "pointercancel"]) sheet.canvas.addEventListener(end, () => { sheet.drawing = false; });

const MOVES = {
  ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0],
  Home: [-1, -1], PageUp: [1, -1], End: [-1, 1], PageDown: [1, 1],
};
const STEP = 0.04;

sheet.canvas.addEventListener("keydown", (event) => {
  const { pen } = sheet, move = MOVES[event.key];
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (move) {
    pen.used = true;
    pen.at = pen.at.map((v, i) => Math.round(Math.min(Math.max(v + move[i] * STEP, 0.04), 0.96) * 1e4) / 1e4);
    if (pen.down) sheet.to([pen.at]);
    else sheet.show();
  } else if (event.key === " ") {
    pen.used = true;
    pen.down = !pen.down;
    if (pen.down) sheet.strokes.push([pen.at]);
    sheet.update();
    sheet.say();
  } else if (event.key === "Backspace") {
    sheet.undo();
  } else if (event.key === "Delete") {
    sheet.clear();
  } else {
    return;
  }
  event.preventDefault();
});
for (const turn of ["focus", "blur"]) sheet.canvas.addEventListener(turn, () => sheet.show());
find("clear").addEventListener("click", () => sheet.clear());
find("undo").addEventListener("click", () => sheet.undo());
