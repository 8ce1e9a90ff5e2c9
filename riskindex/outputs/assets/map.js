// One state, one way to change it, and what is drawn anew when it changes.

const app = {
  hovered: null,
  rows: ROWS_AT_ONCE,
  asPublished: () => sameChoices(app.state, app.start),
  weights: () => app.data.scored.map((factor, k) => factor.weight * app.state.times[k]),
  shares: () => shareOfWeights(app.weights()),
  points: (i) => pointsOf(i),
  areasOfPlace: (place) => areasOfPlace(place),
  areasOfDistrict: () => areasOfDistrict(app.state.district),
  boundsOf: (areas) => boundsOfAreas(areas),
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
  Object.assign(app, { map, data, settings, depth: 0, hoveredPlace: 0, drawing: prepareDrawing(data, shapes, settings) });
  app.drawing.names = preparedLabels(data, app.drawing);
  app.keys = prepareSearch(data, townsOf(data, app.drawing));
  app.start = publishedChoices(data);
  app.rounding = data.selection.rounding ?? "ceil";
  app.published = app.now = publishedIndex(data);
  app.state = { ...firstState(data), ...readFragment(data) };
  // Whole steps leave up to half of the map empty around what is chosen.
  map.options.zoomSnap = 0.25;
  placeMap(map);
  fillChoices();
  fillBeside();
  showWhatIf();
  showAbout();
  showFoot();
  update("choices");
  fitMap(map, settings);
  app.areas = areaLayerOn(map);
  listen(map);
  showMoves();
  flyTo(namedAreas());
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
  const { plan } = data;
  const planned = { place: 0, team: plan?.now ?? 0, spread: plan?.is_spread ?? false, view: plan ? "places" : "areas" };
  return { ...app.start, ...planned, area: null, layer: "index", beside: "", split: 50, period: last, outline: true, district: "", query: "", sure: "", sort: "rank", tab: "" };
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
  const combine = (scores) => combineColumns(1, scores.map((score) => [score]), what, aggregation, data.index.within_groups ?? undefined)[0];
  return row.map((score, k) => {
    if (!(score > 0)) return score;
    const step = 1e-4 * score;
    const rise = combine(replaced(row, k, score + step)) - combine(replaced(row, k, score - step));
    return Math.round((1e6 * score * rise) / (2 * step)) / 1e6;
  });
}

// What must be drawn anew after each kind of change.
const EFFECTS = {
  choices: () => [recount, syncSorts, syncWhatIf, showPlan, showAnswer, showMap, showList, showPlaces, showProfile],
  layer: () => [syncLayer, showMap],
  beside: () => [showMap],
  list: () => [showList, showPlaces, () => app.areas?.redrawFocus()],
  area: () => [markChosenRow, showPlaces, showProfile, () => app.areas?.redrawFocus()],
  place: () => [markChosenRow, showPlaces, showProfile, () => app.areas?.redrawFocus()],
  plan: () => [showPlan, showAnswer, showPlaces, showProfile, () => showLegend(app.layer), showBeside, () => app.areas?.redraw()],
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
  byId("what-if-note").hidden = app.asPublished();
  if (hasPlan()) {
    byId("answer").replaceChildren(...answerParts().filter(Boolean));
    return;
  }
  const { cut } = app.now;
  const number = whole.format(sum(cut.selected));
  byId("answer").replaceChildren(make("strong", {}, [`${number} of ${areasWord(cut.assessed)}`]), " selected");
}

function showMap() {
  app.layer = shownLayer();
  app.picture = pictureOf(app.layer);
  showLegend(app.layer);
  showBeside();
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
  const fit = (slowly = false) => {
    map.invalidateSize({ animate: false });
    if (!slowly) map.setMinZoom(0);
    // Not that of a second legend: a map that jumped could not be compared with itself.
    const [left] = legendRooms();
    const zoom = map.getBoundsZoom(bounds, false, L.point(left + 12, 12));
    const corners = map.project(bounds.getSouthWest(), zoom).add(map.project(bounds.getNorthEast(), zoom));
    const centre = map.unproject(corners.subtract([left, 0]).divideBy(2), zoom);
    if (slowly) map.flyTo(centre, zoom, { duration: 0.5 });
    else map.setView(centre, zoom, { animate: false });
    // Only then, as a map below its least zoom would begin to move there by itself.
    if (!slowly) map.setMinZoom(zoom - 0.5);
    app.home = zoom;
  };
  app.refit = fit;
  fit();
  map.setMaxBounds(bounds.pad(1));
  const isAtHome = () => map.getZoom() === app.home && !namedAreas().length;
  let wasWide = true;
  const resized = () => {
    map.invalidateSize({ animate: false });
    const isWide = map.getSize().x >= 560 || !legendIsOver();
    // Beside an open panel a narrow map would be half legend.
    if (isWide !== wasWide) byId("legend").open = wasWide = isWide;
    if (isAtHome()) fit();
  };
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
  const isOpen = TABS.includes(app.state.tab);
  const was = byId("panel-side").hidden;
  byId("panel-close").hidden = app.state.tab === "area" && (known(app.state.area) || app.state.place > 0);
  byId("panel-side").hidden = !isOpen;
  if (was === isOpen) app.map?.invalidateSize({ animate: false, pan: false });
  for (const name of TABS) {
    const here = app.state.tab === name;
    byId(`tab-${name}`).setAttribute("aria-selected", String(here));
    byId(`tab-${name}`).tabIndex = here || (!isOpen && name === TABS[0]) ? 0 : -1;
    byId(`panel-${name}`).hidden = !here;
  }
}

function choose(i, { fly = false, read = false } = {}) {
  const change = () => update("area", { area: i, place: 0, tab: known(i) ? "area" : app.state.tab.replace("area", "") });
  if (known(i) && fly) move(change, [i]);
  else change();
  if (known(i)) scrollToRow(i);
  byId("panel-area").scrollTop = 0;
  if (known(i)) showCard(read);
}

// Where the card lies below the screen, as on a phone, the page goes to it; who reads on goes there too.
function showCard(read) {
  const { top } = byId("panel-area").getBoundingClientRect();
  if (top > 0.8 * window.innerHeight) byId("panel-side").scrollIntoView({ block: "start" });
  if (read) byId("profile-name").focus({ preventScroll: true });
}

function hover(i, at = null, place = 0) {
  if (i !== app.hovered) {
    app.hovered = i;
    app.areas.redrawFocus();
    markHoveredRow(i);
  }
  if ((at || i === null) && !place) showHint(i, at);
}

function listen(map) {
  const on = (id, event, act) => byId(id).addEventListener(event, act);
  on("district", "change", (event) => chooseDistrict(event.target.value));
  on("sort", "change", (event) => update("list", { sort: event.target.value }));
  on("layer", "change", (event) => update("layer", { layer: event.target.value }));
  on("period", "change", (event) => update("layer", { period: event.target.value }));
  on("outline", "change", (event) => update("layer", { outline: event.target.checked }));
  on("list-more", "click", () => { app.rows += ROWS_AT_ONCE; showList(); });
  on("download", "click", () => (hasPlan() && app.state.view === "places"
    ? download("places.csv", placesCsv(), "text/csv") : download("areas.csv", listCsv(), "text/csv")));
  on("panel-close", "click", closePanel);
  on("copy-link", "click", copyLink);
  on("note-reset", "click", resetWhatIf);
  for (const jump of document.querySelectorAll(".jumps button")) jump.addEventListener("click", () => jumpTo(jump.id.slice(3)));
  byId("panel-area").addEventListener("keydown", (event) => event.key === "Escape" && (known(app.state.area) || app.state.place) && closeProfile());
  on("print", "click", () => window.print());
  window.addEventListener("beforeprint", preparePrint);
  window.addEventListener("afterprint", clearPrint);
  listenTabs();
  listenMap(map);
  listenSearch();
  listenPlan();
  listenMoves();
  listenBeside();
}

const areasOfDistrict = (district) => positions(app.data.n).filter((i) => district && groupOf(app.data.district, i) === district);

function chooseDistrict(district) {
  const change = () => update("list", { district, place: 0, area: null });
  move(change, areasOfDistrict(district));
  showProfile();
  if (!district) app.refit(SLOWLY());
}

function closePanel() {
  const tab = app.state.tab || "area";
  update("area", { area: null, place: 0, tab: "" });
  byId(`tab-${tab}`).focus({ preventScroll: true });
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
  const dotAt = (event) => dotUnder(event.layerPoint.subtract(app.areas._bounds.min));
  map.on("mousemove", (event) => {
    const place = dotAt(event);
    if (place !== app.hoveredPlace) hoverPlace(place);
    if (place) showPlaceHint(place, event.containerPoint);
    hover(place ? null : areaUnder(map, event.latlng), place ? null : event.containerPoint, place);
  });
  map.on("mouseout", () => hover(null));
  map.on("click", (event) => (dotAt(event) ? choosePlace(dotAt(event)) : choose(areaUnder(map, event.latlng))));
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
    place: state.place ? String(state.place) : "",
    teams: data.plan && state.team !== data.plan.now ? String(state.team) : "",
    spread: data.plan && state.spread !== data.plan.is_spread ? Number(state.spread) : "",
    view: data.plan && state.view === "areas" ? "areas" : "",
    layer: state.layer === "index" ? "" : state.layer,
    beside: state.beside,
    period: state.layer.startsWith("hot:") && shownFactor()?.periods.length > 1 ? shownPeriod(shownFactor()).period : "",
    district: state.district,
    find: state.query,
    sort: state.sort === "rank" ? "" : state.sort,
    sure: state.sure,
    tab: state.tab === (known(state.area) || state.place ? "area" : "") ? "" : state.tab || "none",
    times: state.times.every((times) => times === 1) ? "" : state.times.join("_"),
    share: state.share === first.share ? "" : state.share,
    number: state.number === first.number ? "" : state.number || "none",
    ties: state.ties === first.ties ? "" : state.ties,
  };
  return new URLSearchParams(Object.entries(parts).filter(([, value]) => value !== "")).toString();
}

function writeFragment() {
  const fragment = fragmentOf(app);
  if (location.hash.slice(1) === fragment || app.moving || !mayWriteHistory()) return;
  history.replaceState(history.state, "", `#${fragment}`);
}

// Only values that the page itself could have written are taken from a fragment.
function readFragment(data) {
  const given = new URLSearchParams(location.hash.slice(1));
  const times = (given.get("times") ?? "").split("_").map(Number);
  const timesFit = times.length === data.scored.length && times.every((value) => value >= 0 && value <= MOST_TIMES);
  const choices = layerChoicesOf(data);
  const found = {
    area: data.place_of.get(given.get("area")),
    ...planOfFragment(given, data.plan),
    layer: choices.has(given.get("layer")) ? given.get("layer") : undefined,
    beside: choices.has(given.get("beside")) ? given.get("beside") : undefined,
    period: given.get("period") ?? undefined,
    district: data.district?.labels.includes(given.get("district")) ? given.get("district") : undefined,
    query: given.get("find") ?? undefined,
    sort: Object.hasOwn(SORTS, given.get("sort")) ? given.get("sort") : undefined,
    sure: data.columns.tier && Object.hasOwn(TIER_SETS, given.get("sure")) ? given.get("sure") : undefined,
    tab: tabOfFragment(given, data),
    times: given.has("times") && timesFit ? times : undefined,
    share: shareFits(given.get("share")) ? given.get("share") : undefined,
    number: /^([1-9]\d{0,5}|none)$/.test(given.get("number") ?? "") ? given.get("number").replace("none", "") : undefined,
    ties: Object.hasOwn(TIES, given.get("ties")) ? given.get("ties") : undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

function planOfFragment(given, plan) {
  if (!plan) return {};
  const number = (key, most) => (/^\d{1,5}$/.test(given.get(key) ?? "") && Number(given.get(key)) <= most ? Number(given.get(key)) : undefined);
  const spread = number("spread", 1);
  return {
    place: number("place", plan.places.name.length),
    team: number("teams", plan.steps.length - 1),
    spread: known(spread) && plan.spread.length ? spread === 1 : undefined,
    view: given.get("view") === "areas" ? "areas" : undefined,
  };
}

function tabOfFragment(given, data) {
  const tab = given.get("tab");
  if (TABS.includes(tab)) return tab;
  if (tab === "none") return "";
  return data.place_of.has(given.get("area")) || (data.plan && given.get("place")) ? "area" : undefined;
}

const shareFits = (text) => /^\d+(\.\d+)?$/.test(text ?? "") && Number(text) > 0 && Number(text) <= 100;

function layerChoicesOf(data) {
  app.data = data;
  return new Set(layerChoices().flatMap(([, choices]) => choices.map(([value]) => value)));
}
