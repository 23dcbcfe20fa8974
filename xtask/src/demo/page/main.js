// The page: asks for answers while one draws, and how the training goes.

// The last of each answer, to be drawn again when the colours change.
const seen = { answer: null, points: 0, weights: null, training: null };

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  };
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error), { status: response.status });
  trouble("");
  return answer;
}

function trouble(text) {
  find("trouble").textContent = text;
  find("trouble").hidden = text === "";
}

function failed(error) {
  trouble(error.status ? error.message : "The demo does not answer; is it still running?");
}

// One question at a time; what was drawn meanwhile is asked next.
const asking = { now: false, again: false };
async function answer() {
  if (asking.now) {
    asking.again = true;
    return;
  }
  asking.now = true;
  do {
    asking.again = false;
    const { strokes } = sheet, points = strokes.flat().length;
    try {
      const found = strokes.length ? await ask("answer", { strokes, pen: PEN }) : null;
      // An answer to what is no longer there would only confuse.
      seen.answer = sheet.strokes.length ? found : null;
      seen.points = seen.answer ? points : 0;
      showAnswer();
    } catch (error) {
      failed(error);
      if (error.status === 503) asking.again = true;
      await new Promise((done) => setTimeout(done, 500));
    }
  } while (asking.again);
  asking.now = false;
}

const bars = Array.from({ length: 10 }, (_, digit) => {
  const bar = make("span", { className: "bar" }), percent = make("span", { className: "percent" });
  find("bars").append(make("li", {}, String(digit), make("span", { className: "track" }, bar), percent));
  return { bar, percent };
});

const percent = (share) => (100 * share).toFixed(share > 0.9995 || share === 0 ? 0 : 1) + "\u00a0%";

function showAnswer() {
  const found = seen.answer;
  bars.forEach(({ bar, percent: text }, digit) => {
    const share = found ? found.probabilities[digit] : 0;
    bar.style.width = 100 * share + "%";
    text.textContent = found ? percent(share) : "";
  });
  find("digit").textContent = found ? found.guess : "?";
  find("share").textContent = found ? percent(found.probabilities[found.guess]) : "Draw on the sheet.";
  find("shown").hidden = find("more").hidden = !found;
  find("guess").dataset.points = seen.points;
  if (!found) return;
  paint(find("small"), found.digit);
  const captions = found.nearest.map(({ label, distance }) => `${label} · ${distance.toFixed(2)}`);
  tiles(find("nearest"), found.nearest.map(({ picture }) => picture), captions);
  const box = find("layers");
  if (box.childElementCount !== found.layers.length) {
    box.replaceChildren(...found.layers.map(() => make("div", { className: "layer" },
      make("h3", {}, make("b"), make("span")), make("div", { className: "tiles" }))));
  }
  found.layers.forEach(({ path, kind, shape, maps }, i) => {
    const [heading, pictures] = box.children[i].children;
    const part = shape.length === 3 && maps.length < shape[0] ? `, the first ${maps.length}` : "";
    heading.firstElementChild.textContent = path;
    heading.lastElementChild.textContent = ` ${kind}, ${shape.join(" × ")}${part}`;
    tiles(pictures, maps);
  });
}

async function weights() {
  try {
    seen.weights = await ask("weights");
    showWeights();
  } catch (error) {
    failed(error);
  }
}

function showWeights() {
  if (!seen.weights) return;
  const { name, shape, pictures } = seen.weights;
  const part = pictures.length < shape[0] ? `, the first ${pictures.length}` : "";
  find("weights-name").textContent = `${name}, ${shape.join(" × ")}${part}: red is negative, blue positive.`;
  tiles(find("weights"), pictures);
}

function showTraining() {
  const run = seen.training;
  if (!run) return;
  const { network, running, step, steps, accuracies, epoch, epochs, seconds, file, error } = run;
  const last = accuracies.at(-1);
  const right = last === undefined ? "" : ` · ${(100 * last).toFixed(2)}\u00a0% of the test digits right`;
  const state = running ? `epoch ${epoch + 1} of ${epochs}` : step < steps ? "stopped" : "done";
  find("progress").textContent = error ? `The run ended: ${error}` : steps === 0 ? running ? "It begins." : "Nothing is being trained."
    : `${state} · step ${step.toLocaleString("en")} of ${steps.toLocaleString("en")} · ${seconds.toFixed(0)} s${right}`;
  find("source").textContent = steps > 0 || running ? `answered by ${network}, trained by this page` : file ? `answered by the weights of ${file}` : "";
  find("start").disabled = running;
  find("stop").disabled = !running;
  find("progress").dataset.step = step;
  drawLosses(find("curve"), run.losses, run.every, steps);
}

// Asks how the training goes, often while it does, and what the network now makes of the drawing.
const polling = { timer: 0, version: -1 };
async function training(body) {
  clearTimeout(polling.timer);
  try {
    seen.training = await ask("training", body);
    showTraining();
    if (seen.training.version !== polling.version) {
      polling.version = seen.training.version;
      await weights();
      if (sheet.strokes.length) answer();
    }
  } catch (error) {
    failed(error);
  }
  clearTimeout(polling.timer);
  polling.timer = setTimeout(training, seen.training?.running ? 1000 : 4000);
}

find("start").addEventListener("click", () => training({ action: "start" }));
find("stop").addEventListener("click", () => training({ action: "stop" }));
sheet.changed = answer;
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  sheet.show();
  showAnswer();
  showWeights();
});
addEventListener("resize", () => { sheet.show(); showTraining(); });
sheet.show();
showAnswer();
training();
