// The card of one area: why it stands where it stands, by how much, and what that does not say.

function showProfile() {
  const { area, place } = app.state;
  const card = known(area) ? profileOf(area) : place && hasPlan() ? placeCard(place) : invitation();
  byId("panel-area").replaceChildren(...card);
}

function invitation() {
  const first = app.now.order.filter(isSelected).slice(0, 5);
  const items = first.map((i) => make("li", {}, [areaLink(i), ` – ${shortReasons(i, 2)}`]));
  return [
    make("h2", {}, ["Choose an area"]),
    make("p", {}, ["Click an area on the map or a name in the list to see why it ranks where it does."]),
    first.length ? make("h3", {}, [showsBands() ? "The first on the list, firm areas first, then by district" : "The first on the list"]) : null,
    make(showsBands() ? "ul" : "ol", { class: "plain-list" }, items),
    ...limitsBlock(),
  ].filter(Boolean);
}

function areaLink(i) {
  const act = { click: () => choose(i, { fly: true, read: true }) };
  return make("button", { type: "button", class: "link", on: act }, [app.data.columns.name[i]]);
}

function limitsBlock() {
  return [make("h3", {}, ["What this does not say"]),
    make("ul", { class: "limits" }, app.data.limits.map((text) => make("li", {}, [text])))];
}

function profileOf(i) {
  return [
    profileHead(i),
    make("p", { class: "sentence" }, [summarySentence(i)]),
    ...sureBlock(i),
    ...byHandNote(i),
    make("h3", {}, [app.data.ranked ? "What makes up the score" : "What makes up the score, as far as it is released"]),
    contributionTable(i),
    ...marksBlock(),
    ...stripBlock(i),
    ...mappedOnly(i),
    ...besideBlock(i),
    ...publishedReasons(i),
    ...limitsBlock(),
  ];
}

function profileHead(i) {
  const { data } = app;
  const groups = data.kinds.map((kind) => groupOf(data.groups[kind], i)).filter(Boolean);
  const clear = make("button", { type: "button", class: "link small", on: { click: closeProfile } }, ["Close"]);
  return make("div", { class: "profile-head" }, [
    make("div", { class: "row spread" }, [make("h2", { id: "profile-name", tabindex: "-1" }, [data.columns.name[i]]), clear]),
    make("p", { class: "small quiet" }, [[data.codes[i], ...groups].join(", ")]),
    make("dl", { class: "facts" }, factsOf(i).flatMap(([term, value]) =>
      [make("div", {}, [make("dt", {}, [term]), make("dd", {}, [value])])])),
  ]);
}

function factsOf(i) {
  const { columns } = app.data;
  const { index } = app.now;
  return [
    ["List", standing(i)],
    ...(showsBands() ? (columns.decile ? [["Tenth of areas", tenthWords(columns.decile[i])]] : [])
      : [[app.data.ranked ? "Rank" : "Rank by released scores", known(index.rank[i]) ? rankSign(i) : "not assessed"], [app.data.ranked ? "Score" : "Score by released scores", known(index.score[i]) ? scoreWords(index.score[i]) : "not assessed"]]),
    ["How sure", tierOf(i) && TIER_WORDS[tierOf(i)]],
    ["Residents", columns.residents ? numberOrDash(columns.residents[i]) : ""],
    ["Aged 10 to 24", known(columns.residents_10_24?.[i]) ? whole.format(columns.residents_10_24[i]) : ""],
  ].filter(([, value]) => value !== "");
}

const TENTHS = ["highest", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "lowest"];

const tenthWords = (tenth) => (known(tenth) ? TENTHS[tenth - 1] : "not assessed");

function summarySentence(i) {
  const reasons = reasonsFor(i);
  const name = app.data.columns.name[i];
  const why = joined(whyOfAll(app.data.scored, i));
  if (Number.isNaN(app.now.index.rank[i])) return `${name} was not assessed${why ? `: ${why}` : ""}.`;
  if (!reasons.length) return `${name} scores 0: no factor raises it.`;
  const factors = joined(reasons.map(({ factor }) => lowerFirst(factor.label)));
  return `${upperFirst(rankWords(i))}: ${count(reasons.length, "factor")} of ${app.data.scored.length} ${reasons.length === 1 ? "raises" : "raise"} its score, the strongest first: ${factors}.`;
}

function sureBlock(i) {
  if (!sureWords(i) || !known(app.data.columns.p_selected?.[i])) return [];
  const { rank_low: low, rank_high: high } = app.data.columns;
  const ranks = known(low?.[i]) ? `; nine times in ten its rank was ${whole.format(low[i])} to ${whole.format(high[i])}` : "";
  return [make("p", {}, [`${upperFirst(sureWords(i))}${ranks}.`])];
}

function byHandNote(i) {
  const { override, override_reason } = app.data.columns;
  if (!override?.[i]) return [];
  const how = override[i] === "in" ? "Put on the list by hand" : "Taken off the list by hand";
  return [make("p", { class: "note" }, [`${how}: ${override_reason?.[i] ?? ""}`])];
}

function marksBlock() {
  const marks = Object.entries(app.data.marks);
  return marks.length ? [make("p", { class: "small quiet" }, [`${marks.map(([mark, words]) => `${mark} ${words}`).join("; ")}.`])] : [];
}

function contributionTable(i) {
  const points = app.points(i);
  const most = Math.max(...app.shares()) * 100 || 1;
  const rows = app.data.scored.map((factor, k) => contributionRow(factor, points[k], most, i));
  rows.sort((a, b) => b.points - a.points);
  return make("table", { class: "bars" }, [
    make("thead", {}, [make("tr", {}, [make("th", { scope: "col" }, ["Factor"]), make("th", { scope: "col", class: "number" }, ["Points"])])]),
    make("tbody", {}, rows.map(({ row }) => row)),
  ]);
}

function contributionRow(factor, points, most, i) {
  const value = known(points) ? points : 0;
  const bar = make("div", { class: "bar", "aria-hidden": "true" }, [make("span")]);
  bar.firstChild.style.width = `${Math.min(100, (100 * value) / most)}%`;
  const words = factorSentences(factor, i).filter(Boolean).map((text) => `${upperFirst(text)}.`).join(" ");
  const row = make("tr", { class: value > 0 ? "" : "zero" }, [
    make("th", { scope: "row" }, [factor.label, bar, make("div", { class: "small quiet" }, [words])]),
    make("td", { class: "number" }, [known(points) ? oneDecimal.format(points) : "–"]),
  ]);
  return { points: value, row };
}

// How often it was hot, where that is what counts; then the last period, and the numbers.
function factorSentences(factor, i) {
  const period = factor.last;
  if (!period) return [];
  if (whyOf(factor, i)) return [hotWords(factor, period, i)];
  const often = factor.often && factor.score === "persistence" ? yearsWords(factor, i) : "";
  return [often, hotWords(factor, period, i), hasConfidence(factor) && countWords(factor, period, i)];
}

function stripBlock(i) {
  const many = app.data.factors.filter((factor) => factor.many);
  if (!many.length) return [];
  return [make("h3", {}, ["When it was hot"]), make("table", { class: "strips" }, [
    make("tbody", {}, many.map((factor) => stripRow(factor, i)))])];
}

function stripRow(factor, i) {
  const cells = factor.periods.map((period) => stripCell(period, i));
  return make("tr", {}, [make("th", { scope: "row" }, [factor.label,
    make("div", { class: "small quiet" }, [upperFirst(yearsWords(factor, i))])]),
  make("td", {}, [make("ol", { class: "strip" }, cells)])]);
}

const STRIP_SIGNS = ["–", "90", "95", "99"];

function stripCell(period, i) {
  const level = signAt(period.hot, i);
  const missing = Number.isNaN(level);
  const box = make("span", { class: `strip-box${missing ? " hatched" : ""}${level >= 2 ? " dark" : ""}` }, [missing ? "" : STRIP_SIGNS[level]]);
  if (!missing) box.style.backgroundColor = STRIP_COLOURS[level];
  const below = level > 0 && period.is_hot[i] !== "1" ? ", below the level asked for" : "";
  const words = missing ? "not assessed" : level === 0 ? "not hot" : `hot, ${SURE[level]}${below}`;
  box.setAttribute("aria-hidden", "true");
  return make("li", {}, [box, make("span", { class: "strip-year" }, [period.period]), make("span", { class: "unseen" }, [`: ${words}`])]);
}

const STRIP_COLOURS = [NOT_HOT, "#F7C8A8", "#B8420D", "#801650"];

function mappedOnly(i) {
  const only = app.data.factors.filter((factor) => !factor.scored && factor.last);
  if (!only.length) return [];
  const items = only.map((factor) => make("li", {}, [`${factor.label}: ${mappedWords(factor, i)}`]));
  return [make("h3", {}, ["Mapped, not part of the score"]), make("ul", { class: "plain-list" }, items)];
}

function mappedWords(factor, i) {
  return [hotWords(factor, factor.last, i), factor.often && yearsWords(factor, i), countWords(factor, factor.last, i)]
    .filter(Boolean).join("; ");
}

function besideBlock(i) {
  const beside = areasBeside(app.drawing.edges, i).sort(SORTS.rank);
  if (!beside.length) return [];
  const items = beside.map((j) => make("li", {}, [areaLink(j), make("span", { class: "quiet" }, [`, ${rankWords(j)}${isSelected(j) ? ", selected" : ""}`])]));
  return [make("h3", {}, ["Areas beside it"]), make("ul", { class: "plain-list small" }, items)];
}

function publishedReasons(i) {
  const text = app.data.columns.reasons?.[i];
  if (!text) return [];
  return [make("h3", {}, ["As the published list says it"]), make("p", { class: "small" }, [text])];
}

// Back to the line of the list that the card was opened from.
function closeProfile() {
  const { area, place } = app.state;
  update("area", { area: null, place: 0, tab: "" });
  const row = byId("list-rows").querySelector(`[data-area="${area}"] th button`);
  const line = byId("place-rows").querySelector(`[data-place="${place}"]`);
  (place ? line : row ?? byId("list-scroll"))?.focus();
}

// How it was made

function showAbout() {
  const { data } = app;
  byId("panel-about").replaceChildren(
    make("h2", {}, ["How the list was made"]),
    make("p", {}, [data.cut.explanation]),
    ...(data.how_sure ? [make("h3", {}, ["How sure"]), make("p", {}, [data.how_sure])] : []),
    factorTable(),
    make("p", { class: "small quiet" }, ["Weights are a choice, not a finding; the tab What if shows what others would give."]),
    ...limitsBlock(),
    ...(data.notes.length ? [make("h3", {}, ["About the data"]), make("ul", { class: "limits" }, data.notes.map((note) => make("li", {}, [note])))] : []),
    make("p", { class: "small quiet" }, ["The map is drawn with Leaflet."]),
  );
}

function factorTable() {
  const head = ["Factor", "Weight", "Hot areas"].map((text, k) => make("th", { scope: "col", class: k ? "number" : null }, [text]));
  return make("table", {}, [
    make("caption", {}, ["Factors"]),
    make("thead", {}, [make("tr", {}, head)]),
    make("tbody", {}, app.data.factors.filter((factor) => !factor.fixed).map(factorLine)),
  ]);
}

function factorLine(factor) {
  const hot = factor.last ? whole.format([...factor.last.is_hot].filter((sign) => sign === "1").length) : "–";
  const found = factor.recorded === "police-generated" ? "found by police activity" : "";
  const when = factor.spans;
  const span = when.length > 1 ? `${when[0]} to ${when.at(-1)}` : when.join("");
  return make("tr", {}, [
    make("th", { scope: "row" }, [factor.label, make("div", { class: "small quiet" }, [[span, found].filter(Boolean).join(", ")])]),
    make("td", { class: "number" }, [factor.scored ? fewDigits.format(factor.weight) : "not scored"]),
    make("td", { class: "number" }, [hot]),
  ]);
}

function showFoot() {
  const { data } = app;
  byId("foot").replaceChildren(
    make("p", {}, [data.limits.join(" ")]),
    make("p", {}, [[`Data period: ${data.period}.`, ...data.attribution].join(" ")]),
  );
}
