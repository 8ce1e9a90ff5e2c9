// One state, one way to change it, and what is drawn anew when it changes.

const app = {
  hovered: null,
  rows: ROWS_AT_ONCE,
  asPublished: () => sameChoices(app.state, app.start),
  weights: () => app.data.scored.map((factor, k) => factor.weight * app.state.times[k]),
  shares: () => shareOfWeights(app.weights()),
  points: (i) => pointsOf(i),
  recompute: (choices) => recomputed(choices),
};

async function start(map) {
  try {
    await open(map);
  } catch (error) {
    byId("answer").textContent = "This page could not be opened: it needs a browser of 2023 or later.";
    throw error;
  }
}

async function open(map) {
  const settings = JSON.parse(byId("map-settings").textContent);
  const [data, shapes] = await Promise.all([readData(), readShapes(settings)]);
  Object.assign(app, { map, data, settings, drawing: prepareDrawing(data, shapes), keys: prepareSearch(data) });
  app.start = publishedChoices(data);
  app.rounding = data.selection.rounding ?? "ceil";
  app.published = app.now = publishedIndex(data);
  app.state = { ...firstState(data), ...readFragment(data) };
  placeMap(map);
  fillChoices();
  showWhatIf();
  showAbout();
  showFoot();
  update("choices");
  fitMap(map, settings);
  app.areas = areaLayerOn(map);
  listen(map);
  if (known(app.state.area)) showOnMap(app.state.area);
  document.documentElement.dataset.ready = "yes";
}

function publishedChoices(data) {
  const share = Number(((data.selection.share ?? 0.05) * 100).toPrecision(12));
  return {
    times: data.scored.map(() => 1),
    share: String(share),
    number: known(data.selection.number) ? String(data.selection.number) : "",
    ties: data.selection.ties ?? "order",
  };
}

function sameChoices(a, b) {
  return a.share === b.share && a.number === b.number && a.ties === b.ties && a.times.every((times, k) => times === b.times[k]);
}

const numbersOf = (values, n) => Float64Array.from({ length: n }, (_, i) => values?.[i] ?? NaN);

function publishedIndex(data) {
  const { columns, cut, n } = data;
  if (!data.ranked) return publishedByCode(data);
  const index = {
    score: numbersOf(columns.score, n),
    companion: companionOf(data, data.scored.map((factor) => factor.weight)),
    rank: numbersOf(columns.rank, n),
  };
  const selected = Uint8Array.from(columns.selected);
  return ordered(data, index, { assessed: cut.assessed, target: cut.target, atCut: cut.score_at_cut ?? NaN, selected });
}

// Without published ranks the list stands as it was released: firm areas first, then by district.
function publishedByCode(data) {
  const { columns, cut } = data;
  const index = computeIndex(data, data.scored.map((factor) => factor.weight));
  const selected = Uint8Array.from(columns.selected);
  const loose = (i) => Number(columns.tier ? columns.tier[i] !== "firm" : 0);
  const place = (i) => data.district?.of[i] ?? 0;
  const order = positions(data.n).sort((a, b) => selected[b] - selected[a] || loose(a) - loose(b) || place(a) - place(b) || a - b);
  return ordered(data, index, { assessed: cut.assessed, target: cut.target, atCut: NaN, selected }, order);
}

function ordered(data, index, cut, order = positions(data.n).sort(riskOrder(data, index))) {
  const place = new Int32Array(data.n);
  order.forEach((i, at) => (place[i] = at));
  const sharing = new Map();
  for (const rank of index.rank) sharing.set(rank, (sharing.get(rank) ?? 0) + 1);
  return { index, cut, order, place, sharing };
}

function firstState(data) {
  const last = data.factors.find((factor) => factor.last)?.last.period ?? "";
  return { ...app.start, area: null, layer: "index", period: last, outline: true, district: "", query: "", sure: "", sort: "rank", tab: "area" };
}

// The index, ranks and selection for other choices; weights as they are, not as multiples.
function recomputed({ weights, share, number, ties, rounding }) {
  const index = computeIndex(app.data, weights);
  const cut = selectTop(app.data, index, { share, number, ties, rounding });
  return ordered(app.data, index, cut);
}

function currentIndex() {
  const { state } = app;
  if (app.asPublished()) return app.published;
  const number = state.number ? Number(state.number) : null;
  return recomputed({ weights: app.weights(), share: state.share, number, ties: state.ties, rounding: app.rounding });
}

function changesNow() {
  const before = app.published.cut.selected;
  const after = app.now.cut.selected;
  const moved = (test) => app.now.order.filter(test);
  return { enter: moved((i) => after[i] && !before[i]), leave: moved((i) => before[i] && !after[i]) };
}

function shareOfWeights(weights) {
  const options = app.data.index;
  const total = options.weights === "as-given" ? 1 : sum(weights) || 1;
  return weights.map((weight) => weight / total);
}

// Points that each factor adds: its slope times its score, which add up to the score for every mean used.
function pointsOf(i) {
  const { data } = app;
  const row = data.scored.map((factor) => factor.scores.score[i] ?? NaN);
  const what = { factors: data.scored, index: data.index, weights: app.weights() };
  const aggregation = data.index.aggregation ?? "arithmetic";
  // Duels are no sum of points: what its weight would give stands for each factor.
  if (aggregation === "copeland") return app.shares().map((share, k) => share * row[k]);
  const combine = (scores) => combineColumns(1, scores.map((score) => [score]), what, aggregation)[0];
  return row.map((score, k) => {
    if (!(score > 0)) return score;
    const step = 1e-4 * score;
    const rise = combine(replaced(row, k, score + step)) - combine(replaced(row, k, score - step));
    return Math.round((1e6 * score * rise) / (2 * step)) / 1e6;
  });
}

// What must be drawn anew after each kind of change.
const EFFECTS = {
  choices: () => [recount, syncSorts, syncWhatIf, showAnswer, showMap, showList, showProfile],
  layer: () => [syncLayer, showMap],
  list: () => [showList],
  area: () => [markChosenRow, showProfile, () => app.areas?.redrawFocus()],
  tab: () => [],
};

function update(kind, change = {}) {
  Object.assign(app.state, change);
  if (kind === "choices") syncLayer();
  for (const effect of EFFECTS[kind]()) effect();
  syncTabs();
  writeFragment();
}

const changeWhatIf = (change) => update("choices", change);

function recount() {
  app.now = currentIndex();
  app.changes = changesNow();
}

function showAnswer() {
  const { cut } = app.now;
  const number = whole.format(sum(cut.selected));
  byId("answer").replaceChildren(make("strong", {}, [`${number} of ${areasWord(cut.assessed)}`]), " selected");
  byId("what-if-note").hidden = app.asPublished();
}

function showMap() {
  app.layer = shownLayer();
  app.picture = pictureOf(app.layer);
  showLegend(app.layer);
  app.areas?.redraw();
}

function placeMap(map) {
  byId("map-frame").prepend(map.getContainer());
  L.control.scale({ maxWidth: 120, position: "bottomright" }).addTo(map);
}

// The whole study area, again after a change of size, until the reader has moved the map.
function fitMap(map, settings) {
  const [west, south, east, north] = settings.bounds;
  const bounds = L.latLngBounds([south, west], [north, east]);
  const fit = () => {
    map.invalidateSize({ animate: false });
    map.setMinZoom(0);
    map.fitBounds(bounds, { animate: false, padding: [6, 6] });
    map.setMinZoom(map.getZoom() - 0.5);
    app.home = `${map.getCenter()} ${map.getZoom()}`;
  };
  fit();
  map.setMaxBounds(bounds.pad(0.5));
  const atHome = () => app.home === `${map.getCenter()} ${map.getZoom()}`;
  const resized = () => (atHome() ? fit() : map.invalidateSize({ animate: false }));
  // While the page prints, the frame has no size.
  new ResizeObserver(([{ contentRect }]) => contentRect.width && resized()).observe(byId("map-frame"));
}

function fillChoices() {
  const option = ([value, text]) => make("option", { value }, [text]);
  byId("layer").replaceChildren(...layerChoices().map(([label, choices]) => make("optgroup", { label }, choices.map(option))));
  const districts = app.data.district?.labels.filter(Boolean) ?? [];
  byId("district").replaceChildren(...[["", "All"], ...districts.map((name) => [name, name])].map(option));
  byId("district").parentElement.hidden = districts.length < 2;
  byId("district-label").textContent = upperFirst((app.data.place_kind ?? "group").replaceAll("_", " "));
  byId("sort").replaceChildren(...sortChoices().map(option));
  byId("search").value = app.state.query;
  byId("district").value = app.state.district;
  byId("sort").value = app.state.sort;
  byId("outline").checked = app.state.outline;
}

// The first choice is another order in a what-if of a release without ranks.
function syncSorts() {
  byId("sort").options[0].textContent = sortChoices()[0][1];
}

function sortChoices() {
  const { columns } = app.data;
  return [["rank", app.data.ranked ? "Rank" : app.asPublished() ? "Firm areas first" : "Rank by released scores"],
    ["name", "Name"], ["district", "District"],
    ...(columns.p_selected ? [["sure", "How sure"]] : []),
    ...(columns.residents_10_24 ? [["young", "Residents 10 to 24"]] : [])];
}

function syncLayer() {
  const factor = shownFactor();
  const periods = app.state.layer.startsWith("hot:") && factor?.periods.length > 1 ? factor.periods : [];
  byId("layer").value = app.state.layer;
  byId("period-choice").hidden = periods.length === 0;
  byId("period").replaceChildren(...periods.map(({ period }) => make("option", { value: period }, [period])));
  if (periods.length) byId("period").value = shownPeriod(factor).period;
}

const TABS = ["area", "whatif", "about"];

function syncTabs() {
  for (const name of TABS) {
    const here = app.state.tab === name;
    byId(`tab-${name}`).setAttribute("aria-selected", String(here));
    byId(`tab-${name}`).tabIndex = here ? 0 : -1;
    byId(`panel-${name}`).hidden = !here;
  }
}

function choose(i, { move = false, read = false } = {}) {
  update("area", { area: i, tab: known(i) ? "area" : app.state.tab });
  if (known(i) && move) showOnMap(i);
  if (known(i)) scrollToRow(i);
  byId("panel-area").scrollTop = 0;
  if (known(i)) showCard(read);
}

// Where the card lies below the screen, as on a phone, the page goes to it; who reads on goes there too.
function showCard(read) {
  const { top } = byId("panel-area").getBoundingClientRect();
  if (top > 0.8 * window.innerHeight) byId("tab-area").scrollIntoView({ block: "start" });
  if (read) byId("profile-name").focus({ preventScroll: true });
}

function showOnMap(i) {
  const [x0, y0, x1, y1] = app.drawing.boxes.subarray(4 * i, 4 * i + 4);
  const [x, y] = app.drawing.shapes.origin;
  const corner = (px, py) => app.map.unproject([px + x, py + y], PLANE_ZOOM);
  const bounds = L.latLngBounds(corner(x0, y0), corner(x1, y1));
  if (!app.map.getBounds().contains(bounds)) app.map.panTo(bounds.getCenter());
}

function hover(i, at = null) {
  if (i !== app.hovered) {
    app.hovered = i;
    app.areas.redrawFocus();
    markHoveredRow(i);
  }
  if (at || i === null) showHint(i, at);
}

function listen(map) {
  const on = (id, event, act) => byId(id).addEventListener(event, act);
  on("search", "input", (event) => { app.rows = ROWS_AT_ONCE; update("list", { query: event.target.value }); });
  on("district", "change", (event) => update("list", { district: event.target.value }));
  on("sort", "change", (event) => update("list", { sort: event.target.value }));
  on("layer", "change", (event) => update("layer", { layer: event.target.value }));
  on("period", "change", (event) => update("layer", { period: event.target.value }));
  on("outline", "change", (event) => update("layer", { outline: event.target.checked }));
  on("list-more", "click", () => { app.rows += ROWS_AT_ONCE; showList(); });
  on("download", "click", () => download("areas.csv", listCsv(), "text/csv"));
  on("copy-link", "click", copyLink);
  on("note-reset", "click", resetWhatIf);
  for (const jump of document.querySelectorAll(".jumps button")) jump.addEventListener("click", () => jumpTo(jump.id.slice(3)));
  byId("panel-area").addEventListener("keydown", (event) => event.key === "Escape" && known(app.state.area) && closeProfile());
  on("print", "click", () => window.print());
  window.addEventListener("beforeprint", preparePrint);
  window.addEventListener("afterprint", clearPrint);
  listenTabs();
  listenMap(map);
}

function listenTabs() {
  TABS.forEach((name, at) => {
    byId(`tab-${name}`).addEventListener("click", () => update("tab", { tab: name }));
    byId(`tab-${name}`).addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = TABS[(at + step + TABS.length) % TABS.length];
      update("tab", { tab: next });
      byId(`tab-${next}`).focus();
    });
  });
}

function listenMap(map) {
  map.on("mousemove", (event) => hover(areaUnder(map, event.latlng), event.containerPoint));
  map.on("mouseout", () => hover(null));
  map.on("click", (event) => choose(areaUnder(map, event.latlng)));
}

function jumpTo(id) {
  const tab = TABS.find((name) => id === `tab-${name}`);
  if (tab) update("tab", { tab });
  byId(id).scrollIntoView({ block: "start" });
  byId(id).focus({ preventScroll: true });
}

function copyLink() {
  const say = (text) => (byId("copied").textContent = text);
  const asked = navigator.clipboard?.writeText(location.href) ?? Promise.reject(new Error("no clipboard"));
  asked.then(() => say("Copied"), () => say("Copy it from the address bar"));
}

// The address fragment holds what differs from the published page.
function fragmentOf({ state, start: first, data }) {
  const parts = {
    area: known(state.area) ? data.codes[state.area] : "",
    layer: state.layer === "index" ? "" : state.layer,
    period: state.layer.startsWith("hot:") && shownFactor()?.periods.length > 1 ? shownPeriod(shownFactor()).period : "",
    district: state.district,
    find: state.query,
    sort: state.sort === "rank" ? "" : state.sort,
    sure: state.sure,
    tab: state.tab === "area" ? "" : state.tab,
    times: state.times.every((times) => times === 1) ? "" : state.times.join("_"),
    share: state.share === first.share ? "" : state.share,
    number: state.number === first.number ? "" : state.number || "none",
    ties: state.ties === first.ties ? "" : state.ties,
  };
  return new URLSearchParams(Object.entries(parts).filter(([, value]) => value !== "")).toString();
}

function writeFragment() {
  const fragment = fragmentOf(app);
  if (location.hash.slice(1) === fragment || location.protocol === "about:") return;
  history.replaceState(null, "", `#${fragment}`);
}

// Only values that the page itself could have written are taken from a fragment.
function readFragment(data) {
  const given = new URLSearchParams(location.hash.slice(1));
  const times = (given.get("times") ?? "").split("_").map(Number);
  const timesFit = times.length === data.scored.length && times.every((value) => value >= 0 && value <= MOST_TIMES);
  const choices = layerChoicesOf(data);
  const found = {
    area: data.place_of.get(given.get("area")),
    layer: choices.has(given.get("layer")) ? given.get("layer") : undefined,
    period: given.get("period") ?? undefined,
    district: data.district?.labels.includes(given.get("district")) ? given.get("district") : undefined,
    query: given.get("find") ?? undefined,
    sort: Object.hasOwn(SORTS, given.get("sort")) ? given.get("sort") : undefined,
    sure: data.columns.tier && Object.hasOwn(TIER_SETS, given.get("sure")) ? given.get("sure") : undefined,
    tab: TABS.includes(given.get("tab")) ? given.get("tab") : undefined,
    times: given.has("times") && timesFit ? times : undefined,
    share: shareFits(given.get("share")) ? given.get("share") : undefined,
    number: /^([1-9]\d{0,5}|none)$/.test(given.get("number") ?? "") ? given.get("number").replace("none", "") : undefined,
    ties: Object.hasOwn(TIES, given.get("ties")) ? given.get("ties") : undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

const shareFits = (text) => /^\d+(\.\d+)?$/.test(text ?? "") && Number(text) > 0 && Number(text) <= 100;

function layerChoicesOf(data) {
  app.data = data;
  return new Set(layerChoices().flatMap(([, choices]) => choices.map(([value]) => value)));
}
