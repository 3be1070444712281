"use strict";
const study = JSON.parse(document.getElementById("contents").textContent);
const byId = (id) => document.getElementById(id);
const NAMESPACE = "http://www.w3.org/2000/svg";
const first = study.objectives[0];
const better = (a, b) => (first.maximize ? a > b : a < b);
const scored = study.trials.filter((trial) => trial.state === "DONE" && trial.values.length);
const number = (value) => (typeof value === "number" ? String(Number(value.toPrecision(4))) : String(value));

// Elements are made, never written as text: programs and errors come from strangers.
function make(parent, name, attributes = {}, text = null) {
  const inSvg = parent.namespaceURI === NAMESPACE || name === "svg";
  const element = inSvg ? document.createElementNS(NAMESPACE, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== null) element.textContent = text;
  return parent.appendChild(element);
}

function plot(id, width, height) {
  byId(id).textContent = "";
  return make(byId(id), "svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": id });
}

function scale(values, from, to) {
  const finite = values.filter(Number.isFinite);
  let low = Math.min(...finite), high = Math.max(...finite);
  if (!finite.length) [low, high] = [0, 1];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const place = (value) => from + ((value - low) / (high - low)) * (to - from);
  return Object.assign(place, { low, high });
}

function frame(svg, box, x, y, names) {
  make(svg, "path", { class: "axis", fill: "none", d: `M${box.left} ${box.top}V${box.bottom}H${box.right}` });
  make(svg, "text", { x: box.left - 6, y: box.top + 8, class: "end" }, number(y.high));
  make(svg, "text", { x: box.left - 6, y: box.bottom, class: "end" }, number(y.low));
  make(svg, "text", { x: box.left, y: box.bottom + 15 }, number(x.low));
  make(svg, "text", { x: box.right, y: box.bottom + 15, class: "end" }, number(x.high));
  make(svg, "text", { x: (box.left + box.right) / 2, y: box.bottom + 15, class: "mid" }, names[0]);
  make(svg, "text", { x: box.left + 4, y: box.top + 8 }, names[1]);
}

const BOX = { left: 62, right: 548, top: 8, bottom: 250 };

function watched(element, trial, extra = "") {
  element.dataset.trial = trial.number;
  element.addEventListener("click", () => show(trial.number));
  element.addEventListener("mousemove", (event) => tip(event, `trial ${trial.number}: ${trial.values.map(number).join(", ") || trial.state}${extra}`));
  element.addEventListener("mouseleave", () => { byId("tip").hidden = true; });
  return element;
}

function tip(event, text) {
  const box = byId("tip");
  box.hidden = false;
  box.textContent = text;
  box.style.left = `${Math.min(event.clientX + 12, innerWidth - 340)}px`;
  box.style.top = `${event.clientY + 12}px`;
}

function progress() {
  const svg = plot("progress", 560, 270);
  const x = scale([0, Math.max(study.trials.length - 1, 1)], BOX.left, BOX.right);
  const y = scale(scored.map((trial) => trial.values[0]), BOX.bottom, BOX.top);
  frame(svg, BOX, x, y, ["trial", first.name]);
  for (const trial of study.trials) {
    const done = trial.state === "DONE";
    const height = done ? y(trial.values[0]) : BOX.bottom;
    const kind = done ? (trial.feasible ? "dot" : "dot open") : "dot failed";
    watched(make(svg, "circle", { class: kind, cx: x(trial.number), cy: height, r: 3 }), trial);
  }
  let best = null, path = "";
  for (const trial of scored.filter((item) => item.feasible)) {
    if (best !== null && !better(trial.values[0], best)) continue;
    path += best === null ? `M${x(trial.number)} ${y(trial.values[0])}` : `H${x(trial.number)}V${y(trial.values[0])}`;
    best = trial.values[0];
  }
  if (path) make(svg, "path", { class: "best", d: `${path}H${BOX.right}` });
}

function front() {
  if (study.objectives.length < 2) { byId("front-section").remove(); return; }
  const svg = plot("front", 560, 270);
  const x = scale(scored.map((trial) => trial.values[1]), BOX.left, BOX.right);
  const y = scale(scored.map((trial) => trial.values[0]), BOX.bottom, BOX.top);
  frame(svg, BOX, x, y, [study.objectives[1].name, first.name]);
  const members = new Set(study.front);
  // members last, so that nothing covers them
  for (const trial of [...scored].sort((a, b) => members.has(a.number) - members.has(b.number))) {
    const kind = members.has(trial.number) ? "dot on" : "dot open";
    watched(make(svg, "circle", { class: kind, cx: x(trial.values[1]), cy: y(trial.values[0]), r: 3.5 }), trial);
  }
}

function shares() {
  const entries = Object.entries(study.importance).slice(0, 14);
  if (!entries.length) { byId("importance").textContent = "It takes 10 trials with different scores to tell."; return; }
  const svg = plot("importance", 560, 20 * entries.length + 6);
  entries.forEach(([name, share], row) => {
    const y = 20 * row;
    make(svg, "text", { x: 300, y: y + 14, class: "end" }, name.length > 46 ? `…${name.slice(-45)}` : name);
    make(svg, "rect", { class: "bar", x: 308, y: y + 4, width: Math.max(1, 190 * share), height: 13, rx: 2 });
    make(svg, "text", { x: 312 + 190 * share, y: y + 14 }, `${(100 * share).toFixed(1)} %`);
  });
}

function parallel() {
  const ranked = Object.keys(study.importance);
  const present = [...new Set(scored.flatMap((trial) => Object.keys(trial.choices)))];
  const names = [...ranked, ...present.filter((name) => !ranked.includes(name))].slice(0, 10);
  if (!names.length || !scored.length) { byId("parallel").textContent = "No trial has a score yet."; return; }
  const width = 1120, top = 34, bottom = 290;
  const svg = plot("parallel", width, 312);
  const step = (width - 160) / names.length;
  const axes = names.map((name, place) => axis(svg, name, 80 + step * place, top, bottom, place));
  const y = scale(scored.map((trial) => trial.values[0]), bottom, top);
  const last = 80 + step * names.length;
  make(svg, "path", { class: "axis", d: `M${last} ${top}V${bottom}` });
  make(svg, "text", { x: last, y: top - 20, class: "mid" }, first.name);
  make(svg, "text", { x: last + 6, y: top + 4 }, number(y.high));
  make(svg, "text", { x: last + 6, y: bottom }, number(y.low));
  const order = [...scored].sort((a, b) => (better(a.values[0], b.values[0]) ? 1 : -1)).slice(-400);
  order.forEach((trial, rank) => {
    const points = axes.map(([x, place]) => `${x} ${place(trial.choices)}`);
    points.push(`${last} ${y(trial.values[0])}`);
    const shade = 0.04 + 0.75 * (rank / order.length) ** 3;
    watched(make(svg, "path", { class: "run", "stroke-opacity": shade, d: `M${points.join("L")}` }), trial);
  });
}

function axis(svg, name, x, top, bottom, place) {
  const values = scored.map((trial) => trial.choices[name]).filter((value) => value !== undefined);
  const distinct = [...new Set(values)];
  const numeric = distinct.every((value) => typeof value === "number");
  const missing = values.length < scored.length;
  if (numeric) distinct.sort((a, b) => a - b);
  const low = missing ? bottom - 24 : bottom;
  const logarithmic = numeric && distinct[0] > 0 && distinct[distinct.length - 1] / distinct[0] > 50;
  const by = numeric && distinct.length > 8 ? (logarithmic ? Math.log : (value) => value) : (value) => distinct.indexOf(value);
  const at = scale(distinct.map(by), low, top);
  make(svg, "path", { class: "axis", d: `M${x} ${top}V${bottom}` });
  const short = name.split(".").slice(-3).join(".");
  const label = make(svg, "text", { x, y: top - (place % 2 ? 20 : 8), class: "mid" }, short.length > 24 ? `…${short.slice(-23)}` : short);
  make(label, "title", {}, name);
  const marks = distinct.length > 8 ? [distinct[0], distinct[distinct.length - 1]] : distinct;
  for (const value of marks) make(svg, "text", { x: x + 5, y: at(by(value)) + 4 }, number(value).slice(0, 18));
  if (missing) make(svg, "text", { x: x + 5, y: bottom + 4 }, "–");
  return [x, (choices) => (name in choices ? at(by(choices[name])) : bottom)];
}

function curves() {
  const names = Object.keys(study.curves);
  const select = byId("metric");
  if (!names.length) { select.remove(); byId("curves").textContent = "No trial reported anything on the way."; return; }
  names.forEach((name) => make(select, "option", { value: name }, name));
  const draw = () => {
    const runs = Object.entries(study.curves[select.value]);
    const svg = plot("curves", 560, 270);
    const x = scale(runs.flatMap(([, points]) => points.map((point) => point[0])), BOX.left, BOX.right);
    const y = scale(runs.flatMap(([, points]) => points.map((point) => point[1])), BOX.bottom, BOX.top);
    frame(svg, BOX, x, y, ["step", select.value]);
    for (const [trial, points] of runs) {
      const kind = Number(trial) === study.best ? "run on" : "run";
      const line = make(svg, "path", { class: kind, "stroke-opacity": 0.3, d: `M${points.map((point) => `${x(point[0])} ${y(point[1])}`).join("L")}` });
      watched(line, study.trials[trial]);
      if (points.length === 1) watched(make(svg, "circle", { class: "dot", cx: x(points[0][0]), cy: y(points[0][1]), r: 2.5 }), study.trials[trial]);
    }
  };
  select.addEventListener("change", draw);
  draw();
}

function lineage() {
  const list = byId("lineage");
  if (study.lineage.length < 2) list.textContent = study.best === null ? "No trial came to a score." : `Trial ${study.best} comes from no other.`;
  else for (const n of study.lineage) ancestor(list, study.trials[n]);
}

function ancestor(list, trial) {
  const item = make(list, "li");
  make(item, "button", { type: "button" }, `trial ${trial.number}: ${trial.values.map(number).join(", ") || trial.state}`).addEventListener("click", () => show(trial.number));
  trial.parents.forEach((parent, place) => {
    const inner = make(item, "ul");
    const changed = trial.changes[place];
    if (!changed.length) make(inner, "li", {}, `as trial ${parent}`);
    changed.forEach((text) => make(inner, "li", {}, trial.parents.length > 1 ? `${text} (against ${parent})` : text));
    const difference = (study.differences[trial.number] || [])[place];
    if (difference === undefined) return;
    const folded = make(make(inner, "li"), "details");
    make(folded, "summary", {}, "layers, costs, weights");
    make(folded, "pre", {}, difference);
  });
}

function descent() {
  const children = scored.filter((trial) => trial.parents.length);
  if (!children.length) { byId("descent").textContent = "No trial was made from another."; return; }
  const box = { left: 62, right: 1108, top: 8, bottom: 300 };
  const svg = plot("descent", 1120, 320);
  const x = scale([0, study.trials.length - 1], box.left, box.right);
  const y = scale(scored.map((trial) => trial.values[0]), box.bottom, box.top);
  frame(svg, box, x, y, ["trial", first.name]);
  const line = new Set(study.lineage);
  const at = (trial) => [x(trial.number), trial.values.length ? y(trial.values[0]) : box.bottom];
  for (const trial of children) for (const parent of trial.parents) {
    const [a, b] = at(study.trials[parent]), [c, d] = at(trial);
    const kind = line.has(trial.number) && line.has(parent) ? "kin on" : "kin";
    make(svg, "path", { class: kind, d: `M${a} ${b}C${(a + c) / 2} ${b} ${(a + c) / 2} ${d} ${c} ${d}` });
  }
  for (const trial of scored) watched(make(svg, "circle", { class: "dot", cx: at(trial)[0], cy: at(trial)[1], r: 2.6 }), trial, trial.changes.flat().length ? `; ${trial.changes.flat().slice(0, 3).join("; ")}` : "");
}

const MOST_ROWS = 500;
const columns = [
  ["trial", (trial) => trial.number], ["state", (trial) => trial.state],
  ...study.objectives.map((objective, place) => [objective.name, (trial) => trial.values[place]]),
  ["training", (trial) => Object.entries(trial.fidelity).map(([key, value]) => `${key} ${number(value)}`).join(", ")],
  ["seconds", (trial) => trial.seconds],
  ["choices", (trial) => Object.entries(trial.choices).map(([key, value]) => `${key.split(".").slice(1).join(".")}=${number(value)}`).join("  ")],
];
let sorting = [0, 1];

function table() {
  const head = make(byId("trials").tHead, "tr");
  columns.forEach(([name], place) => make(head, "th", { scope: "col" }, name).addEventListener("click", () => {
    sorting = [place, sorting[0] === place ? -sorting[1] : 1];
    rows();
  }));
  byId("filter").addEventListener("input", rows);
  rows();
}

function rows() {
  const [place, way] = sorting, wanted = byId("filter").value.toLowerCase();
  const key = columns[place][1];
  const texts = (trial) => columns.map(([, value]) => value(trial)).map((value) => (value === undefined ? "" : number(value)));
  const kept = study.trials.filter((trial) => texts(trial).join(" ").toLowerCase().includes(wanted));
  const compare = (a, b) => (a === b ? 0 : a === undefined ? 1 : b === undefined ? -1 : a < b ? -way : way);
  kept.sort((a, b) => compare(key(a), key(b)));
  const body = byId("trials").tBodies[0];
  body.textContent = "";
  for (const trial of kept.slice(0, MOST_ROWS)) {
    const row = watched(make(body, "tr"), trial);
    texts(trial).forEach((text) => make(row, "td", {}, text));
  }
  if (kept.length > MOST_ROWS) make(make(body, "tr"), "td", { colspan: columns.length }, `and ${kept.length - MOST_ROWS} more`);
}

function show(n) {
  const trial = study.trials[n], box = byId("about");
  box.hidden = false;
  box.querySelector("h2").textContent = `Trial ${n}: ${trial.state}`;
  const list = box.querySelector("dl");
  list.textContent = "";
  const facts = { ...trial.scores, ...trial.fidelity, seconds: trial.seconds };
  if (trial.parents.length) facts.parents = trial.parents.join(", ");
  if (trial.changes.flat().length) facts.changed = trial.changes.flat().join("\n");
  if (trial.replay_of !== null) facts["same as trial"] = trial.replay_of;
  if (!trial.feasible) facts.constraints = "broken";
  if (trial.error) facts.error = trial.error;
  for (const [name, value] of Object.entries(facts)) { make(list, "dt", {}, name); make(list, "dd", {}, value === null ? "no number" : number(value)); }
  byId("drawing").innerHTML = study.drawings[n] || ""; // archc's own drawing, in which texts are escaped
  const program = study.program_of[n];
  box.querySelector("pre").textContent = program === undefined ? "archc study show prints the program of every trial." : study.programs[program];
  document.querySelectorAll("tr.on").forEach((row) => row.classList.remove("on"));
  document.querySelectorAll(`tr[data-trial="${n}"]`).forEach((row) => row.classList.add("on"));
}

function heading() {
  document.title = `${study.name}: a study`;
  byId("name").textContent = study.name;
  const states = Object.entries(study.states).map(([state, count]) => `${count} ${state}`).join(", ");
  const best = study.best === null ? "no trial came to a score" : `best ${study.objectives.map((objective, place) => `${objective.name} ${number(study.trials[study.best].values[place])}`).join(", ")} in trial ${study.best}`;
  const aims = study.objectives.map((objective) => `${objective.maximize ? "maximize" : "minimize"} ${objective.name}`).join(", ");
  byId("told").textContent = [study.method, aims, ...study.constraints, states, best, study.ended].filter(Boolean).join(" · ");
}

byId("close").addEventListener("click", () => { byId("about").hidden = true; });
addEventListener("keydown", (event) => { if (event.key === "Escape") byId("about").hidden = true; });
[heading, progress, front, shares, parallel, curves, lineage, descent, table].forEach((part) => part());
document.body.dataset.ready = "yes";
const asked = /^#trial-(\d+)$/.exec(location.hash);
if (asked && study.trials[asked[1]]) show(Number(asked[1]));
