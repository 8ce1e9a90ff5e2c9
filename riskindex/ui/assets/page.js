"use strict";
const token = document.querySelector("meta[name=riskindex-token]").content;
const byId = (id) => document.getElementById(id);
const PLACES = ["area", "files", "factors", "run"];
let started = null;
let jobs = 0;

// The token is in the address that the browser was given; it need not stay in sight or in history.
history.replaceState(null, "", "/");

async function ask(path, body) {
  const post = { method: "POST", headers: { "X-Riskindex-Token": token }, body };
  const answer = await fetch(path, body === undefined ? {} : post);
  const said = await answer.json();
  if (!answer.ok) throw new Faults(said.faults || ["The program that this page belongs to has ended."]);
  return said;
}
const call = (path, values) => ask(path, JSON.stringify(values));

class Faults extends Error {
  constructor(faults) { super(faults.join("\n")); this.faults = faults; }
}

// Text of files and messages is set as text, never as markup.
function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function list(lines) {
  const made = document.createElement("ul");
  made.append(...lines.map((line) => element("li", line)));
  return made;
}

// A fault stands at the field that mends it: factors by their names, files by theirs, the rest at the end.
function placeOf(fault) {
  if (/no police force|study area|areas\.within/i.test(fault)) return "area";
  if (/factors[.\[]|Take at least one factor|weight/i.test(fault)) return "factors";
  if (/boundar|sources\.|\.(csv|zip|gpkg|geojson|xlsx|ods|parquet)\b|no such folder|no name for a file/i.test(fault)) return "files";
  return "run";
}

function showFaults(faults) {
  for (const place of PLACES) {
    const here = faults.filter((fault) => placeOf(fault) === place);
    byId(`faults-${place}`).replaceChildren(...(here.length ? [list(here)] : []));
    const field = { area: "area", files: "data" }[place];
    if (field) byId(field).setAttribute("aria-invalid", String(here.length > 0));
  }
}

async function attempt(work) {
  showFaults([]);
  try { return await work(); } catch (error) {
    showFaults(error.faults || [`The program that this page belongs to does not answer: ${error.message}.`]);
    return null;
  }
}

const asked = () => ({ preset: byId("preset").value, area: byId("area").value, data: byId("data").value });

function weights() {
  const taken = {};
  for (const row of byId("factors").rows) {
    const weight = row.querySelector("input[type=number]").valueAsNumber;
    if (row.querySelector("input[type=checkbox]").checked) taken[row.dataset.name] = Number.isNaN(weight) ? null : weight;
  }
  return taken;
}

function showFactors() {
  const rows = started.presets[byId("preset").value].map((factor) => {
    const row = document.createElement("tr");
    row.dataset.name = factor.name;
    const id = `take-${factor.name}`;
    const box = element("input", "", { type: "checkbox", id });
    box.checked = true;
    const weight = element("input", "", { type: "number", min: "0", step: "any", value: String(factor.weight), "aria-label": `Weight of ${factor.label}` });
    const about = element("p", factor.about + (factor.police ? ". Found by police activity: it shows where police look, too" : "") + ".", { class: "hint" });
    const cells = [[box], [element("label", factor.label, { for: id }), about], [weight]].map((parts) => {
      const cell = document.createElement("td");
      cell.append(...parts);
      return cell;
    });
    cells[2].className = "number";
    row.append(...cells);
    return row;
  });
  byId("factors").replaceChildren(...rows);
}

async function look() {
  byId("recognised").textContent = "Looking...";
  const said = await attempt(() => call("/api/look", asked()));
  byId("recognised").replaceChildren();
  if (!said) return;
  if (said.found.length) byId("recognised").append(element("h3", "Recognised"), list(said.found));
  if (said.missing.length) byId("recognised").append(element("h3", "Missing"), list(said.missing));
}

async function keep(files) {
  for (const file of files) {
    byId("dropped").textContent = `Copying ${file.name}...`;
    const said = await attempt(() => ask(`/api/files?name=${encodeURIComponent(file.name)}`, file));
    if (!said) return;
  }
  byId("data").value = started.data;
  byId("dropped").textContent = `Copied: ${[...files].map((file) => file.name).join(", ")}.`;
  await look();
}

async function begin(what) {
  byId("said").replaceChildren();
  const written = await attempt(() => call("/api/write", { ...asked(), weights: weights() }));
  if (!written) return;
  byId("config").textContent = written.text;
  byId("config-path").textContent = written.path;
  if (written.faults.length) { showFaults(written.faults); return; }
  const begun = await attempt(() => call("/api/begin", { what }));
  if (begun) watch(++jobs);
}

async function watch(job) {
  working(true);
  for (;;) {
    const now = await attempt(() => ask("/api/progress"));
    if (!now || job !== jobs) break;
    byId("stage").textContent = now.stage;
    byId("bar").value = now.stages;
    if (now.state !== "working") { finish(now); break; }
    await new Promise((go) => setTimeout(go, 400));
  }
  working(false);
}

function working(yes) {
  byId("work").hidden = !yes;
  byId("stop").hidden = !yes;
  byId("check").disabled = byId("run").disabled = yes;
}

function finish(now) {
  showFaults(now.faults);
  const heading = { done: now.what === "run" ? "Done" : "No fault found", failed: "Not done", stopped: "Stopped; the result folder is as it was" }[now.state];
  const parts = [element("h3", heading)];
  if (now.what === "run" && now.state === "done") {
    const links = document.createElement("p");
    for (const [name, text] of [["map.html", "Map"], ["report.html", "Report"], ["profiles/index.html", "Profiles"], ["top_areas.csv", "List (CSV)"], ["workbook.xlsx", "Workbook"]]) {
      links.append(element("a", text, { href: `/result/${name}`, target: "_blank", rel: "noopener" }), "  ");
    }
    parts.push(links);
  }
  if (now.faults.length) parts.push(element("p", "What is wrong stands at the fields above and here."));
  parts.push(...summary(now.lines));
  byId("said").replaceChildren(...parts);
}

// What the command says, up to its notes and before the names of files, to which there are links.
function summary(lines) {
  const end = lines.findIndex((line) => line.startsWith("Result: "));
  const told = end < 0 ? lines : lines.slice(0, end);
  const cut = told.indexOf("Notes:");
  if (cut < 0) return told.length ? [list(told)] : [];
  const notes = document.createElement("details");
  notes.append(element("summary", `${told.length - cut - 1} notes`), list(told.slice(cut + 1)));
  return [list(told.slice(0, cut)), notes];
}

async function start() {
  started = await ask("/api/start");
  byId("home").textContent = started.home;
  byId("data").value = started.data;
  byId("areas").append(...started.areas.map((name) => element("option", "", { value: name })));
  byId("preset").append(...Object.keys(started.presets).map((name) => element("option", name, { value: name })));
  byId("preset").value = "open-data";
  showFactors();
  byId("preset").addEventListener("change", showFactors);
  byId("look").addEventListener("click", look);
  byId("check").addEventListener("click", () => begin("check"));
  byId("run").addEventListener("click", () => begin("run"));
  byId("stop").addEventListener("click", () => attempt(() => call("/api/stop", {})));
  byId("files").addEventListener("change", () => keep(byId("files").files));
  const drop = byId("drop");
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => { event.preventDefault(); drop.classList.remove("over"); keep(event.dataTransfer.files); });
  document.documentElement.dataset.ready = "yes";
}
start();
