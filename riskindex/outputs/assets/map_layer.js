// What the map can show, its legend, and the Leaflet layer that shows it.

const LAYERS = {
  index: {
    make: () => {
      if (showsBands() && !app.data.columns.decile) return LAYERS.selected.make();
      return app.data.ranked ? scoreLayer() : tenthLayer();
    },
  },
  selected: { make: () => (showsTiers() ? tierLayer() : selectionLayer()) },
  hot: { make: (factor) => (hasConfidence(factor) ? hotspotLayer(factor) : shareLayer(factor)) },
  local: { make: (factor) => surroundingsLayer(factor) },
  years: { make: (factor) => yearsLayer(factor) },
  new: { make: (factor) => newLayer(factor) },
};

// Areas with the same score stay in one class, so classes are named by the scores that they hold.
function scoreLayer() {
  const { index } = app.now;
  return {
    title: `Index score${app.data.scale ? `, ${app.data.scale}` : ""}`,
    classes: indexClasses(index),
    colours: [...RAMP].reverse(),
    words: RAMP.map(() => ({ of: (members) => `Score ${scoreRange(index, members)}:`, held: true })),
    note: "The darker, the higher. Areas with the same score stand in one class.",
  };
}

// Where scores are not released, or are those of a what-if of released ones.
function tenthLayer() {
  const words = ["Highest tenth", "Second tenth", "Third tenth", "Fourth and fifth tenths", "All others"];
  return {
    title: "Index, tenths of the areas",
    classes: showsBands() ? app.data.columns.decile.map(decileClass) : indexClasses(app.now.index),
    colours: [...RAMP].reverse(),
    words: words.map((text) => ({ text, held: true })),
    note: "Areas with the same score stand in one class, so a class may hold more or fewer areas than its name says.",
  };
}

const decileClass = (tenth) => (known(tenth) ? [1, 2, 3, 5, 10].findIndex((limit) => tenth <= limit) : NaN);

const showsTiers = () => app.asPublished() && Boolean(app.data.columns.tier);

function selectionLayer() {
  return {
    title: "Selected areas",
    classes: positions(app.data.n).map(selectedClass),
    colours: [RAMP[4], RAMP[2], NOT_HOT],
    words: [{ text: "Selected", border: "outlined" }, { text: "Tied at the cut, not selected" }, { text: "Not selected" }],
  };
}

function tierLayer() {
  return {
    title: "Selected areas, how sure",
    classes: positions(app.data.n).map(tierClass),
    colours: [RAMP[4], RAMP[3], RAMP[1], NOT_HOT],
    words: [{ text: "Selected, firm", border: "outlined" }, { text: "Selected, borderline", border: "dashed" },
      { text: "Not selected, borderline" }, { text: "Not selected" }],
    note: TIER_NOTE,
  };
}

const TIER_NOTE = "Firm: selected in 95 or more of 100 repeats of the whole run. Borderline: another run of chance could put it on the other side of the cut.";

function tierClass(i) {
  const near = tierOf(i) === "borderline";
  if (isSelected(i)) return tierOf(i) === "firm" ? 0 : 1;
  return near ? 2 : Number.isNaN(app.now.index.rank[i]) ? NaN : 3;
}

function selectedClass(i) {
  const { cut, index } = app.now;
  if (Number.isNaN(index.rank[i])) return NaN;
  if (cut.selected[i]) return 0;
  return index.score[i] === cut.atCut ? 1 : 2;
}

function scoreRange(index, members) {
  const scores = members.map((i) => index.score[i]);
  const [low, high] = [Math.min(...scores), Math.max(...scores)].map((score) => upToOneDecimal.format(score));
  return low === high ? low : `${low} to ${high}`;
}

function shownPeriod(factor) {
  return factor.periods.find(({ period }) => period === app.state.period) ?? factor.last;
}

// What is here stands in full colour; what comes from next door is striped.
const STRIPES = { n: "#FFFFFF", d: HOT[1] };

function hotspotLayer(factor) {
  const period = shownPeriod(factor);
  const words = ["Not hot", "Hot, 90% sure", "Hot, 95% sure", "Hot, 99% sure"];
  return {
    title: `${factor.label}${period.period ? `, ${period.period}` : ""}`,
    classes: positions(app.data.n).map((i) => signAt(period.hot, i)),
    colours: HOT,
    words: words.map((text) => ({ text })).reverse(),
    order: [3, 2, 1, 0],
    stripes: positions(app.data.n).map((i) => STRIPES[period.kind?.[i]] ?? null),
    striped: [
      { text: "Hot only together with its neighbours", on: HOT[2], kind: "n" },
      { text: "Not hot itself; next door to a hotspot", on: NOT_HOT, kind: "d" },
    ].map((row) => ({ ...row, members: positions(app.data.n).filter((i) => period.kind?.[i] === row.kind) })),
    note: "More events than expected in the area with its neighbours. Of the areas at 95%, at most 1 in 20 is expected to be hot by chance alone.",
  };
}

// Hot against the whole is one question, a spot in its surroundings another: four answers.
function surroundingsLayer(factor) {
  const { last } = factor;
  const class_ = (i) => (signAt(last.local, i) ? 0 : 2) + (last.is_hot[i] === "1" ? 0 : 1);
  return {
    title: `${factor.label}${last.period ? `, ${last.period}` : ""}: against its surroundings`,
    classes: positions(app.data.n).map((i) => (Number.isNaN(signAt(last.local, i)) ? NaN : class_(i))),
    colours: [HOT[3], HOT[2], HOT[1], NOT_HOT],
    words: ["Hot, and hotter than its surroundings", "Hotter than its surroundings alone", "Hot, as its surroundings are", "Neither"]
      .map((text) => ({ text })),
    note: `Surroundings: the 200 nearest areas. To share out means in the ${app.data.whole}, read Hotspots; to find single spots, read this.`,
  };
}

// Where only over or not over a limit is told.
function flagLayer(factor, period, words) {
  return {
    title: `${factor.label}${period.period ? `, ${period.period}` : ""}`,
    classes: positions(app.data.n).map((i) => (Number.isNaN(signAt(period.hot, i)) ? NaN : 1 - Number(period.is_hot[i]))),
    colours: [HOT[2], NOT_HOT],
    words: words.map((text) => ({ text })),
    note: "",
  };
}

function shareLayer(factor) {
  const values = factor.last.value ?? [];
  if (!factor.last.value) {
    const limit = known(factor.threshold) ? `${fewDigits.format(100 * factor.threshold)}%` : "the limit";
    return flagLayer(factor, factor.last, [`Over ${limit}`, `Not over ${limit}`]);
  }
  const limits = shareLimits(factor, values);
  const text = (at) => (known(limits[at]) ? limitWords(factor, limits[at]) : "");
  const words = [
    { text: `Up to ${text(0)}` },
    ...[0, 1, 2].map((at) => ({ text: `Over ${text(at)}, to ${text(at + 1)}` })),
    { text: `Over ${text(3)}` },
  ];
  return {
    title: `${factor.label}${valueTitle(factor)}`,
    classes: positions(app.data.n).map((i) => shareClass(values[i], limits)),
    colours: RAMP,
    words: [...words].reverse(),
    order: [4, 3, 2, 1, 0],
    note: known(factor.threshold) ? `An area scores where the share is over ${text(limits.indexOf(factor.threshold))}.` : "",
  };
}

// Round limits around the threshold, so that one class ends exactly where the score begins.
function shareLimits(factor, values) {
  const middle = factor.threshold ?? quantile(values, 0.6);
  return [0.5, 0.75, 1, 1.4].map((times) => (times === 1 ? middle : Number((middle * times).toPrecision(2))));
}

function quantile(values, share) {
  const sorted = values.filter(known).sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
}

function shareClass(value, limits) {
  if (!known(value)) return NaN;
  const at = limits.findIndex((limit) => value <= limit);
  return at < 0 ? limits.length : at;
}

function yearsLayer(factor) {
  const most = factor.periods.length;
  const colours = ["#FFFFFF", ...positions(most).map((k) => RAMP[Math.round((k * 4) / Math.max(1, most - 1))])];
  const word = periodsWord();
  return {
    title: `${factor.label}, ${word} hot of ${most}`,
    classes: positions(app.data.n).map((i) => (signAt(factor.years.assessed, i) ? signAt(factor.years.hot, i) : NaN)),
    colours,
    words: positions(most + 1).map((k) => ({ text: k === 0 ? "Never hot" : `Hot in ${k} of ${most}` })).reverse(),
    order: positions(most + 1).reverse(),
  };
}

function newLayer(factor) {
  const last = factor.last;
  const earlier = factor.spans.slice(0, -1);
  return {
    title: `${factor.label}, new in ${last.period}`,
    classes: positions(app.data.n).map((i) => newClass(factor, i)),
    colours: [HOT[3], HOT[1], NOT_HOT],
    words: [`Hot in ${last.period} for the first time`, `Hot in ${last.period} and before`, `Not hot in ${last.period}`]
      .map((text) => ({ text })),
    note: `New: hot in ${last.period} and in none of ${joined(earlier)}.`,
  };
}

function newClass(factor, i) {
  if (Number.isNaN(signAt(factor.last.hot, i))) return NaN;
  if (signAt(factor.years.new, i)) return 0;
  return factor.last.is_hot[i] === "1" ? 1 : 2;
}

function layerChoices() {
  const { factors } = app.data;
  const tested = factors.filter((factor) => factor.last);
  const many = factors.filter((factor) => factor.often);
  return [
    ["Index", [["index", app.data.ranked ? "Index score" : app.data.columns.decile ? "Index, tenths" : "Index"], ["selected", "Selected areas"]]],
    ["Hotspots", tested.map((factor) => [`hot:${factor.name}`, `${hasConfidence(factor) ? "Hotspots" : "Share"}: ${factor.label}`])],
    ["Hotter than its surroundings", tested.filter(({ last }) => last.local)
      .map((factor) => [`local:${factor.name}`, `Against its surroundings: ${factor.label}`])],
    ["How often hot", many.map((factor) => [`years:${factor.name}`, `${upperFirst(periodsWord())} hot: ${factor.label}`])],
    ["New hotspots", many.map((factor) => [`new:${factor.name}`, `New hotspots: ${factor.label}`])],
  ].filter(([, choices]) => choices.length > 0);
}

function shownFactor() {
  const name = app.state.layer.split(":")[1];
  return app.data.factors.find((factor) => factor.name === name) ?? null;
}

function shownLayer() {
  return LAYERS[app.state.layer.split(":")[0]].make(shownFactor());
}

function pictureOf(layer) {
  const { drawing, data } = app;
  const chosen = positions(data.n).filter(isSelected);
  return {
    drawing,
    classes: layer.classes,
    colours: layer.colours,
    stripes: layer.stripes,
    dots: true,
    outline: app.state.outline,
    selected: chosen,
    ...outlinesOf(() => true),
  };
}

// The outlines of the list, as far as its areas are among those that are drawn.
function outlinesOf(isDrawn) {
  const { shapes, edges } = app.drawing;
  const [solid, broken] = outlinedSets().map((set) => (i) => i >= 0 && isDrawn(i) && set(i));
  const isBroken = (a, b) => broken(a) !== broken(b) && !solid(a) && !solid(b);
  return { outer: outlineOfSet(shapes, edges, solid, { islets: false }), dashed: linesOf(shapes, edges, isBroken) };
}

// Solid is what is sure of its place, dashed what is not: borderline areas, or those that leave the list.
function outlinedSets() {
  const before = app.published.cut.selected;
  if (showsTiers()) return [(i) => isSelected(i) && tierOf(i) === "firm", (i) => isSelected(i) && tierOf(i) !== "firm"];
  return [isSelected, (i) => before[i] === 1 && !isSelected(i)];
}

// Our canvas inside Leaflet's own renderer, which keeps it in place while the map moves and zooms.
function areaLayerOn(map) {
  map.createPane("areas").style.zIndex = 350;
  const Layer = L.Renderer.extend({
    _initContainer() {
      this._container = L.DomUtil.create("div", "area-layer");
      this._sheets = ["base", "focus"].map((name) => L.DomUtil.create("canvas", name, this._container));
    },
    _destroyContainer() {
      L.DomUtil.remove(this._container);
      delete this._container;
    },
    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      this.view = viewOf(this._map, this._bounds);
      L.DomUtil.setPosition(this._container, this._bounds.min);
      for (const sheet of this._sheets) fitSheet(sheet, this.view);
      this.redraw();
    },
    redraw() {
      if (!this.view || !app.picture) return;
      this.dots = drawMap(this._sheets[0].getContext("2d"), this.view, app.drawing, app.picture);
      drawBeside(this._sheets[0].getContext("2d"), this._map, this._bounds, this.view);
      this.redrawFocus();
    },
    redrawFocus() {
      if (!this.view) return;
      drawFocus(this._sheets[1].getContext("2d"), this.view, app.drawing, focusPaths());
    },
  });
  return new Layer({ pane: "areas", padding: 0.25 }).addTo(map);
}

// Outlines of what is chosen and of what the pointer is on, an area or a place.
function focusPaths() {
  const { paths, shapes, edges } = app.drawing;
  const outline = (place) => outlineOfSet(shapes, edges, (i) => i >= 0 && placeOf(i) === place, { islets: false });
  const path = (i, place) => (known(i) ? paths[i] : place ? outline(place) : null);
  const isChosen = known(app.hovered) ? app.hovered === app.state.area : app.hoveredPlace === app.state.place && !known(app.state.area);
  return { hovered: isChosen ? null : path(app.hovered, app.hoveredPlace), chosen: path(app.state.area, app.state.place) };
}

function viewOf(map, bounds) {
  const scale = 2 ** (map.getZoom() - PLANE_ZOOM);
  const start = map.getPixelOrigin().add(bounds.min);
  const [x, y] = app.drawing.shapes.origin;
  const size = bounds.getSize();
  // The sheet is larger than the frame, so that a moved map is not white: names go by the frame.
  const frame = map.containerPointToLayerPoint([0, 0]).subtract(bounds.min);
  const { offsetTop, offsetHeight } = byId("legend");
  const bottom = frame.y + offsetTop + offsetHeight - byId("map-frame").offsetTop;
  const [left] = legendRooms();
  return {
    edges: [frame.x, frame.x + map.getSize().x],
    covered: [[frame.x, frame.y, frame.x + 44, frame.y + 76], [frame.x, bottom - offsetHeight, frame.x + left, bottom]],
    scale, left: start.x - x * scale, top: start.y - y * scale,
    width: size.x, height: size.y, ratio: Math.min(2, window.devicePixelRatio || 1),
  };
}

function fitSheet(sheet, { width, height, ratio }) {
  if (sheet.width !== width * ratio) sheet.width = width * ratio;
  if (sheet.height !== height * ratio) sheet.height = height * ratio;
  sheet.style.width = `${width}px`;
  sheet.style.height = `${height}px`;
}

function planePoint(map, latlng) {
  const point = map.project(latlng, PLANE_ZOOM);
  const [x, y] = app.drawing.shapes.origin;
  return [point.x - x, point.y - y];
}

function areaUnder(map, latlng) {
  return areaAt(app.drawing, ...planePoint(map, latlng));
}

function showLegend(layer) {
  byId("legend-title").textContent = layer.title;
  byId("legend-rows").replaceChildren(...legendRows(layer));
  byId("legend-note").textContent = layer.note ?? "";
}

function legendRows(layer) {
  return [...classRows(layer), ...outlineRows(layer), ...dotRows(), ...contextRows()];
}

function classRows(layer) {
  const order = layer.order ?? positions(layer.words.length);
  const members = order.map(() => []);
  const missing = [];
  const row = new Map(order.map((kind, at) => [kind, at]));
  layer.classes.forEach((kind, i) => (Number.isNaN(kind) ? missing : members[row.get(kind)]).push(i));
  const rows = layer.words.map((words, at) => (words.held && !members[at].length ? null : legendRow(layer.colours[order[at]], words, members[at])));
  if (missing.length) rows.push(legendRow("hatched", { text: notAssessedWords(missing) }, missing));
  const striped = (layer.striped ?? []).filter(({ members: of }) => of.length).map(({ text, on, kind, members: of }) => legendRow(on, { text, border: `striped-${kind}` }, of));
  return [...rows.filter(Boolean), ...striped];
}

// From afar a numbered dot stands for each place.
function dotRows() {
  if (!hasPlan() || !app.state.outline) return [];
  const row = (kind, text) => make("li", {}, [make("span", { class: `dot small-dot ${kind}`, "aria-hidden": "true" }, ["1"]), make("span", { class: "legend-words" }, [text])]);
  return [row("reached", `Place reached with ${currentStep().amount}`), row("", "Other place; larger: more aged 10 to 24")];
}

function contextRows() {
  return app.drawing.context.map(({ label, kind }) => make("li", {}, [
    make("span", { class: `swatch context-${kind}`, "aria-hidden": "true" }), make("span", { class: "legend-words" }, [label]),
  ]));
}

// With the reason, where all of them have one and the same.
function notAssessedWords(areas) {
  const factors = shownFactor() ? [shownFactor()] : app.data.scored;
  const whys = new Set(areas.map((i) => joined(whyOfAll(factors, i))));
  const [why] = whys;
  return whys.size === 1 && why ? `Not assessed: ${why}` : "Not assessed";
}

// The swatch of a class that is outlined on the map has the outline too.
function legendRow(colour, { text, of, border }, members) {
  const kind = colour === "hatched" ? "hatched" : border && (app.state.outline || border.startsWith("striped")) ? border : "";
  const swatch = make("span", { class: `swatch ${kind}` });
  if (colour !== "hatched") swatch.style.backgroundColor = colour;
  const told = of && members.length ? of(members) : text;
  const words = make("span", { class: "legend-words" }, [told, make("span", { class: "quiet" }, [` ${areasWord(members.length)}`])]);
  return make("li", {}, [swatch, words]);
}

function outlineRows({ words: classes }) {
  if (!app.state.outline) return [];
  const drawn = new Set(classes.map(({ border }) => border));
  const names = showsTiers() ? ["Selected, firm", "Selected, borderline"] : ["Selected", "Left the list"];
  return ["outlined", "dashed"].flatMap((border, at) => {
    const members = positions(app.data.n).filter(outlinedSets()[at]);
    const isTold = drawn.has(border) || (border === "dashed" && !members.length);
    return isTold ? [] : [legendRow("#FFFFFF", { text: names[at], border }, members)];
  });
}

function showHint(i, at) {
  const hint = byId("hint");
  hint.hidden = !known(i);
  if (!known(i)) return;
  const reasons = reasonsFor(i).slice(0, 3).map((reason) => make("li", {}, [reasonLine(reason, i)]));
  hint.replaceChildren(
    make("strong", {}, [app.data.columns.name[i]]),
    make("div", { class: "quiet" }, [[standing(i), rankWords(i), sureWords(i)].filter(Boolean).join(", ")]),
    reasons.length ? make("ul", {}, reasons) : make("div", {}, ["No factor raises its score."]),
  );
  if (at) placeHint(hint, at);
}

function showPlaceHint(place, at) {
  const hint = byId("hint");
  const table = placesOf();
  const facts = placeFacts(place - 1).map(([term, value]) => make("li", {}, [`${term}: ${value}`]));
  hint.hidden = false;
  hint.replaceChildren(make("strong", {}, [`${place}. ${table.name[place - 1]}`]), make("div", { class: "quiet" }, [table.wards[place - 1]]), make("ul", {}, facts));
  placeHint(hint, at);
}

function placeHint(hint, { x, y }) {
  const frame = hint.parentElement.getBoundingClientRect();
  const left = x + 16 + hint.offsetWidth > frame.width ? x - 16 - hint.offsetWidth : x + 16;
  const top = Math.min(y + 12, frame.height - hint.offsetHeight - 4);
  hint.style.left = `${Math.max(4, left)}px`;
  hint.style.top = `${Math.max(4, top)}px`;
}
