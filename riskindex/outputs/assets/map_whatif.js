// What if: other weights, another number of areas, another rule for ties; recomputed here at once.

const MOST_TIMES = 4;
const STEP = 0.25;

function showWhatIf() {
  const { data } = app;
  byId("panel-whatif").replaceChildren(
    make("h2", {}, ["What if priorities differ"]),
    make("p", { class: "small" }, ["Count a factor more, less or not at all. The index, the ranks and the list follow; the published list stays as it is."]),
    ...noiseNote(),
    make("p", { id: "what-if-words", class: "sentence", role: "status" }),
    make("fieldset", {}, [make("legend", {}, ["How much each factor counts"]), ...data.scored.map((factor, k) => (factor.fixed ? null : weightRow(factor, k))).filter(Boolean), ...fixedNote()]),
    numberFields(),
    make("div", { class: "row" }, [
      make("button", { type: "button", id: "reset", on: { click: resetWhatIf } }, ["Reset"]),
      make("button", { type: "button", on: { click: exportConfig } }, ["Download as config"]),
    ]),
    make("div", { id: "what-if-names" }),
    make("details", {}, [make("summary", {}, ["These choices as config"]), make("pre", { id: "config-text", tabindex: "0" })]),
  );
}

// What a reader must know where the scores of restricted factors have noise.
function noiseNote() {
  if (app.data.ranked) return [];
  const differ = areasOnlyByReleased();
  const words = differ
    ? `With nothing changed, these would already put ${count(differ, "other area")} on the list.`
    : "With nothing changed, these give the published list.";
  return [make("p", { class: "note small", id: "noise-note" }, [`Computed from the released scores; those of restricted factors come from counts with noise. ${words}`])];
}

function areasOnlyByReleased() {
  const { published, data } = app;
  const { cut } = unchangedByReleased();
  return positions(data.n).filter((i) => cut.selected[i] && !published.cut.selected[i]).length;
}

function unchangedByReleased() {
  const { data, start, rounding } = app;
  const number = start.number ? Number(start.number) : null;
  const weights = data.scored.map((factor) => factor.weight);
  app.byReleased ??= recomputed({ weights, share: start.share, number, ties: start.ties, rounding });
  return app.byReleased;
}

// Factors of restricted sources are one here, as the noised counts have them, and stay as they are.
function fixedNote() {
  const fixed = app.data.scored.filter((factor) => factor.fixed);
  if (!fixed.length) return [];
  return [make("p", { class: "note small" }, ["Factors of restricted sources keep their published weight; they are shown as one, computed from counts with noise."])];
}

function weightRow(factor, k) {
  const id = `weight-${k}`;
  const set = (times) => changeWhatIf({ times: replaced(app.state.times, k, times) });
  const slider = { input: (event) => set(Number(event.target.value)) };
  const toggle = { change: (event) => set(event.target.checked ? 1 : 0) };
  return make("div", { class: "weight" }, [
    make("label", { class: "check", for: `on-${k}` }, [make("input", { type: "checkbox", id: `on-${k}`, on: toggle }), ` ${factor.label}`]),
    make("div", { class: "row" }, [
      make("input", { type: "range", id, min: 0, max: MOST_TIMES, step: STEP, on: slider, "aria-label": `How much ${factor.label} counts, times the published weight` }),
      make("output", { for: id, id: `times-${k}`, class: "number" }),
    ]),
  ]);
}

function numberFields() {
  const share = { input: (event) => event.target.value && changeWhatIf({ share: event.target.value, number: "" }) };
  const number = { input: (event) => changeWhatIf({ number: event.target.value }) };
  const ties = { change: (event) => changeWhatIf({ ties: event.target.value }) };
  const option = ([value, text]) => make("option", { value }, [text]);
  return make("fieldset", {}, [make("legend", {}, ["How many areas"]), make("div", { class: "row wrap" }, [
    field("share", "Share, %", make("input", { type: "number", id: "share", min: 0.1, max: 100, step: "any", on: share })),
    field("number", "or a number", make("input", { type: "number", id: "number", min: 1, max: app.data.n, step: 1, on: number })),
    field("ties", "Ties at the cut", make("select", { id: "ties", on: ties }, tieChoices().map(option))),
  ])]);
}

const tieChoices = () => [["order", app.data.ranked ? "by intensity" : "by factors hot"], ["include", "all in"], ["exclude", "all out"]];

function field(id, text, control) {
  return make("div", {}, [make("label", { for: id }, [text]), control]);
}

function syncWhatIf() {
  const { state, data } = app;
  data.scored.forEach((factor, k) => {
    if (factor.fixed) return;
    byId(`weight-${k}`).value = state.times[k];
    byId(`on-${k}`).checked = state.times[k] > 0;
    byId(`times-${k}`).textContent = `× ${fewDigits.format(state.times[k])}`;
  });
  for (const id of ["share", "number", "ties"]) if (document.activeElement !== byId(id)) byId(id).value = state[id];
  byId("reset").disabled = app.asPublished();
  byId("config-text").textContent = configText();
  showChanges();
}

function showChanges() {
  const { enter, leave } = app.changes;
  byId("what-if-words").textContent = changeSentence();
  byId("what-if-names").replaceChildren(...changeList("Enter", enter), ...changeList("Leave", leave));
}

function changeSentence() {
  const { enter, leave } = app.changes;
  if (app.asPublished()) return "As published. Move a slider to see who would enter and who would leave.";
  if (!app.weights().some((weight) => weight > 0)) return "Without any factor there is no index.";
  if (!enter.length && !leave.length) return `${upperFirst(choiceWords())}, the list stays the same.`;
  const moves = (areas, verb) => `${areasWord(areas.length)} ${areas.length === 1 ? `${verb}s` : verb}`;
  return `${upperFirst(choiceWords())}, ${moves(enter, "enter")} and ${moves(leave, "leave")}.${byReleasedWords()}`;
}

// What the choices alone do, where the released scores already make another list.
function byReleasedWords() {
  const { now, data } = app;
  if (data.ranked || !areasOnlyByReleased()) return "";
  const before = unchangedByReleased().cut.selected;
  const moved = (from, to) => positions(data.n).filter((i) => to[i] && !from[i]).length;
  const after = now.cut.selected;
  const [enter, leave] = [moved(before, after), moved(after, before)];
  const words = enter || leave ? `${count(enter, "enters", "enter")} and ${count(leave, "leaves", "leave")}` : "nothing moves";
  return ` Against what these scores give with nothing changed, ${words}.`;
}

function changeList(title, areas) {
  if (!areas.length) return [];
  const most = 30;
  const items = areas.slice(0, most).map((i) => make("li", {}, [areaLink(i), make("span", { class: "quiet" }, [` ${rankWords(i)}`])]));
  const more = areas.length > most ? [make("li", { class: "quiet" }, [`and ${areasWord(areas.length - most)} more, in the list`])] : [];
  return [make("h3", {}, [`${title} the list`]), make("ul", { class: "plain-list small" }, [...items, ...more])];
}

const TIMES_WORDS = { 0: "left out", 0.5: "counted half", 2: "counted double", 3: "counted three times", 4: "counted four times" };

function choiceWords() {
  const { state, data, start } = app;
  const weights = data.scored.flatMap((factor, k) => {
    const times = state.times[k];
    if (times === 1) return [];
    return [`${lowerFirst(factor.label)} ${TIMES_WORDS[times] ?? `counted ${fewDigits.format(times)} times`}`];
  });
  const others = [
    state.number !== start.number || state.share !== start.share
      ? state.number ? `${areasWord(Number(state.number))} asked for` : `${state.share}% asked for` : "",
    state.ties === start.ties ? "" : `ties ${tieChoices().find(([value]) => value === state.ties)[1]}`,
  ].filter(Boolean);
  return `with ${joined([...weights, ...others])}`;
}

// A piece of a config: its factors take their weights by name, its sections stand as they are.
function configText() {
  const { data, state } = app;
  const weights = app.weights();
  const factors = data.scored.flatMap((factor, k) => (factor.fixed ? [] : ["[[factors]]", `name = "${factor.name}"`, `weight = ${weights[k]}`, ""]));
  const { minimum_per_group: minimum, group, overrides } = data.selection;
  const size = state.number ? `number = ${Number(state.number)}` : `share = ${Number((Number(state.share) / 100).toPrecision(12))}`;
  return [
    `# Chosen on the page "${data.title.replace(/[\u0000-\u001f\u007f]/g, " ")}".`,
    "# Give each factor of your config the weight that stands under its name here, and put these",
    `# sections in place of yours${overrides?.length ? "; keep your [[selection.overrides]]" : ""}.`,
    "",
    ...factors,
    ...(data.weights_found ? ["[index]", 'weights = "normalised"', ""] : []),
    "[selection]",
    size,
    `rounding = "${app.rounding}"`,
    `ties = "${state.ties}"`,
    ...(minimum ? [`minimum_per_group = ${minimum}`, `group = "${group ?? "district"}"`] : []),
    "",
  ].join("\n");
}

function exportConfig() {
  download("what_if.toml", configText(), "text/plain");
}

function resetWhatIf() {
  changeWhatIf({ ...app.start, times: [...app.start.times] });
}
