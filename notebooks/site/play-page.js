// The page around play.js: settings in the address, buttons and keys, two canvases.
"use strict";

const BLUE = [37, 99, 168];
const ORANGE = [217, 115, 13];
const SIDE = 61; // points of the grid in each direction
const RANGE = 1.2; // the plane shows [-RANGE, RANGE]²
const TRAINING = 200;
const TEST = 100;
const LABELS = { x: "x", y: "y", xx: "x²", yy: "y²", xy: "xy", sinx: "sin πx", siny: "sin πy" };
const CHOICES = {
  data: Object.keys(Play.DATA),
  activation: Object.keys(Play.ACTIVATIONS),
  penalty: Object.keys(Play.PENALTIES),
  rate: ["0.001", "0.003", "0.01", "0.03", "0.1", "0.3", "1", "3"],
  strength: ["0", "0.0001", "0.0003", "0.001", "0.003", "0.01", "0.03", "0.1"],
  batch: ["1", "5", "10", "20", "50", "200"],
};
const NUMBERS = { noise: [0, 0.5], seed: [0, 9999] };
const DEFAULTS = {
  data: "moons", noise: "0.06", features: "x,y", units: "4,2", activation: "tanh", rate: "0.3", penalty: "none", strength: "0.001",
  batch: "10", seed: "1",
};

const form = document.querySelector("form");
const byId = (id) => document.getElementById(id);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// What an address says; what it says wrongly or not at all is the default
function settingsOf(hash) {
  const written = new URLSearchParams(hash.replace(/^#/, ""));
  const settings = { ...DEFAULTS };
  for (const [name, values] of Object.entries(CHOICES)) {
    if (values.includes(written.get(name))) settings[name] = written.get(name);
  }
  for (const [name, [low, high]] of Object.entries(NUMBERS)) {
    const text = written.get(name);
    if (text && Number.isFinite(Number(text))) settings[name] = String(clamp(Number(text), low, high));
  }
  const names = (written.get("features") || "").split(",").filter((name) => name in Play.FEATURES);
  if (names.length) settings.features = [...new Set(names)].join(",");
  if (written.has("units")) settings.units = unitsOf(written.get("units")).join(",");
  return settings;
}

const unitsOf = (text) => text.split(",").map(Number).filter((n) => Number.isInteger(n) && n > 0).slice(0, 4).map((n) => Math.min(n, 8));

let settings = settingsOf(location.hash);
let running = false;
let state; // {training, test, network, order, at, epoch, history, random}

function fillForm() {
  for (const [name, values] of Object.entries(CHOICES)) {
    form[name].replaceChildren(...values.map((value) => new Option(value, value, false, value === settings[name])));
  }
  for (const name of Object.keys(NUMBERS)) form[name].value = settings[name];
  const chosen = settings.features.split(",");
  form.querySelector(".features div").replaceChildren(
    ...Object.keys(Play.FEATURES).map((name) => {
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "feature", value: name });
      box.checked = chosen.includes(name);
      label.append(box, LABELS[name]);
      return label;
    }),
  );
  const units = unitsOf(settings.units);
  form.layers.value = units.length;
  fillUnits(units);
}

function fillUnits(units) {
  form.querySelector(".units").hidden = !units.length;
  form.querySelector(".units div").replaceChildren(
    ...units.map((n, k) => {
      const label = document.createElement("label");
      const field = Object.assign(document.createElement("input"), { type: "number", name: "unit", min: 1, max: 8, value: n });
      label.append(`Layer ${k + 1}`, field);
      return label;
    }),
  );
}

function readForm(changed) {
  const fields = (name) => [...form.querySelectorAll(`[name="${name}"]`)];
  let units = fields("unit").map((field) => clamp(Math.round(Number(field.value)) || 1, 1, 8));
  if (changed === "layers") {
    const layers = clamp(Math.round(Number(form.layers.value)) || 0, 0, 4);
    while (units.length < layers) units.push(units.at(-1) || 4);
    units = units.slice(0, layers);
    fillUnits(units);
  }
  const names = fields("feature").filter((box) => box.checked).map((box) => box.value);
  const written = { features: names.join(",") || "x", units: units.join(",") };
  for (const name of [...Object.keys(CHOICES), ...Object.keys(NUMBERS)]) written[name] = form[name].value;
  const before = settings;
  settings = settingsOf(`#${new URLSearchParams(written)}`);
  if (!names.length) fillForm();
  history.replaceState(null, "", `#${new URLSearchParams(settings)}`.replaceAll("%2C", ","));
  const begins = ["data", "noise", "features", "units", "seed", "activation"]; // the others change while it learns
  if (begins.some((name) => before[name] !== settings[name])) reset();
}

function reset() {
  const seed = Number(settings.seed);
  const names = settings.features.split(",");
  const data = Play.dataset(settings.data, TRAINING + TEST, Number(settings.noise), seed + 1);
  const part = (from, to) => {
    const points = data.points.slice(from, to);
    return { points, inputs: Play.features(points, names), targets: data.targets.slice(from, to) };
  };
  state = {
    training: part(0, TRAINING),
    test: part(TRAINING, TRAINING + TEST),
    network: Play.initial([names.length, ...unitsOf(settings.units), 1], seed + 2),
    order: Array.from({ length: TRAINING }, (_, i) => i),
    at: TRAINING,
    epoch: 0,
    history: [],
    random: Play.generator(seed + 3),
  };
  const grid = Array.from({ length: SIDE * SIDE }, (_, i) => [
    ((i % SIDE) / (SIDE - 1)) * 2 * RANGE - RANGE,
    RANGE - (Math.floor(i / SIDE) / (SIDE - 1)) * 2 * RANGE,
  ]);
  state.grid = Play.features(grid, names);
  record();
  draw();
}

function batchStep() {
  const { training, order, random } = state;
  if (state.at >= TRAINING) {
    for (let i = TRAINING - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    state.at = 0;
  }
  const batch = order.slice(state.at, state.at + Number(settings.batch));
  const chosen = { activation: settings.activation, penalty: settings.penalty, strength: Number(settings.strength), rate: Number(settings.rate) };
  state.network = Play.step(state.network, batch.map((i) => training.inputs[i]), batch.map((i) => training.targets[i]), chosen).network;
  state.at += batch.length;
  state.epoch += batch.length / TRAINING;
}

function measure(part) {
  const { logits } = Play.forward(state.network, part.inputs, settings.activation);
  const right = logits.filter((z, i) => z > 0 === (part.targets[i] === 1)).length;
  return { loss: Play.crossEntropy(logits, part.targets), right: right / logits.length };
}

function record() {
  const [training, test] = [measure(state.training), measure(state.test)];
  state.measured = { training, test };
  state.history.push([state.epoch, training.loss, test.loss]);
  if (state.history.length > 600) state.history = state.history.filter((_, i) => i % 2 === 0 || i === state.history.length - 1);
}

function context(canvas) {
  const scale = window.devicePixelRatio || 1;
  const { width, height } = canvas.getBoundingClientRect();
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  return [pen, width, height];
}

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const dark = () => matchMedia("(prefers-color-scheme: dark)").matches;

function drawPlane() {
  const [pen, width] = context(byId("plane"));
  const { logits, sums } = Play.forward(state.network, state.grid, settings.activation);
  const image = new ImageData(SIDE, SIDE);
  const ground = dark() ? [20, 24, 30] : [255, 255, 255];
  logits.forEach((z, i) => {
    const value = Math.tanh(z / 2); // 2 p − 1
    const colour = value > 0 ? ORANGE : BLUE;
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = ground[c] + (colour[c] - ground[c]) * 0.45 * Math.abs(value);
    image.data[4 * i + 3] = 255;
  });
  const small = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
  small.getContext("2d").putImageData(image, 0, 0);
  const cell = width / (SIDE - 1);
  pen.drawImage(small, -cell / 2, -cell / 2, width + cell, width + cell);

  const trace = (values) => {
    pen.beginPath();
    for (const [x1, y1, x2, y2] of Play.contour(values, SIDE)) {
      pen.moveTo(x1 * cell, y1 * cell);
      pen.lineTo(x2 * cell, y2 * cell);
    }
    pen.stroke();
  };
  pen.lineCap = "round";
  if (state.network.length > 1) {
    pen.strokeStyle = css("--soft");
    pen.lineWidth = 1.5;
    for (let unit = 0; unit < sums[0][0].length; unit++) dashes(pen, Play.contour(sums[0].map((row) => row[unit]), SIDE), cell);
  }
  pen.strokeStyle = css("--text");
  pen.lineWidth = 3;
  trace(logits);

  const radius = Math.max(3, width / 130);
  for (const part of [state.training, state.test]) {
    part.points.forEach(([x, y], i) => {
      const px = ((x + RANGE) / (2 * RANGE)) * width;
      const py = ((RANGE - y) / (2 * RANGE)) * width;
      const r = part === state.test ? radius * 0.75 : radius;
      pen.beginPath();
      if (part.targets[i]) pen.rect(px - r * 0.9, py - r * 0.9, 1.8 * r, 1.8 * r);
      else pen.arc(px, py, r, 0, 2 * Math.PI);
      pen.fillStyle = `rgb(${part.targets[i] ? ORANGE : BLUE})`;
      pen.fill();
      pen.lineWidth = part === state.test ? 2 : 1;
      pen.strokeStyle = part === state.test ? css("--text") : "#ffffff";
      pen.stroke();
    });
  }
}

// Every second piece of a contour: its segments are as long as a cell at most
function dashes(pen, segments, cell) {
  pen.beginPath();
  for (const [x1, y1, x2, y2] of segments) {
    pen.moveTo((x1 + 0.25 * (x2 - x1)) * cell, (y1 + 0.25 * (y2 - y1)) * cell);
    pen.lineTo((x1 + 0.75 * (x2 - x1)) * cell, (y1 + 0.75 * (y2 - y1)) * cell);
  }
  pen.stroke();
}

function drawCurve() {
  const [pen, width, height] = context(byId("curve"));
  const [left, bottom, top] = [40, 24, 10];
  const last = Math.max(state.epoch, 1);
  const high = Math.max(0.7, ...state.history.slice(-500).map((row) => Math.min(Math.max(row[1], row[2]), 3)));
  const px = (epoch) => left + (epoch / last) * (width - left - 10);
  const py = (loss) => top + (1 - Math.min(loss, high) / high) * (height - top - bottom);
  pen.font = "13px system-ui, sans-serif";
  pen.fillStyle = pen.strokeStyle = css("--soft");
  pen.beginPath();
  pen.moveTo(left, top);
  pen.lineTo(left, height - bottom);
  pen.lineTo(width - 10, height - bottom);
  pen.stroke();
  pen.textAlign = "right";
  for (const loss of [0, high / 2, high]) pen.fillText(loss.toFixed(2), left - 4, py(loss) + 4);
  pen.fillText(`${last.toFixed(0)} epochs`, width - 10, height - 6);
  for (const [column, style, dash] of [[1, css("--accent"), []], [2, css("--text"), [5, 4]]]) {
    pen.setLineDash(dash);
    pen.strokeStyle = style;
    pen.lineWidth = 2;
    pen.beginPath();
    state.history.forEach((row, i) => (i ? pen.lineTo : pen.moveTo).call(pen, px(row[0]), py(row[column])));
    pen.stroke();
  }
}

function draw() {
  drawPlane();
  drawCurve();
  const { training, test } = state.measured;
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  byId("epoch").textContent = state.epoch.toFixed(2);
  byId("train").textContent = Number.isFinite(training.loss) ? training.loss.toFixed(4) : "not finite";
  byId("test").textContent = Number.isFinite(test.loss) ? test.loss.toFixed(4) : "not finite";
  byId("right").textContent = percent(training.right);
  byId("right-test").textContent = percent(test.right);
  byId("parameters").textContent = state.network.reduce((n, { weight, bias }) => n + weight.length * weight[0].length + bias.length, 0);
  byId("plane").setAttribute(
    "aria-label",
    `Data set ${settings.data} and the network's boundary after ${state.epoch.toFixed(1)} epochs: ${percent(test.right)} of the test data right`,
  );
}

function frame() {
  if (!running) return;
  const end = performance.now() + 12;
  do batchStep();
  while (performance.now() < end && state.at < TRAINING);
  record();
  draw();
  if (Number.isFinite(state.measured.training.loss)) requestAnimationFrame(frame);
  else run(false);
}

function run(on) {
  const starts = on && !running;
  running = on;
  byId("start").textContent = running ? "Pause" : "Start";
  if (starts) requestAnimationFrame(frame);
}

function oneStep() {
  run(false);
  batchStep();
  record();
  draw();
}

const ACTIONS = { " ": () => run(!running), s: oneStep, r: () => (run(false), reset()) };
byId("start").addEventListener("click", ACTIONS[" "]);
byId("step").addEventListener("click", ACTIONS.s);
byId("reset").addEventListener("click", ACTIONS.r);
form.addEventListener("change", (event) => readForm(event.target.name));
form.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, button, a") || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = ACTIONS[event.key.toLowerCase()];
  if (action) {
    event.preventDefault();
    action();
  }
});
window.addEventListener("hashchange", () => {
  settings = settingsOf(location.hash);
  fillForm();
  reset();
});
window.addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

fillForm();
reset();
