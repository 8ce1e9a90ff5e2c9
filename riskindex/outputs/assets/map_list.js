// The list: a real table of the selected areas, or of those that were searched for.

const ROWS_AT_ONCE = 200;

// An element with plain attributes and children; text stays text, whatever it holds.
function make(tag, attributes = {}, children = []) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") Object.entries(value).forEach(([event, act]) => element.addEventListener(event, act));
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== "" && child !== false));
  return element;
}

const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "").trim();

// One phrase is looked for in names, codes and groups; several lines or codes are a pasted list.
function searcher(query) {
  const wanted = plain(query);
  if (!wanted) return null;
  const parts = wanted.split(/[\n,;\t]+/).map((part) => part.trim()).filter(Boolean);
  const codes = wanted.split(/[\s,;]+/).filter((part) => app.keys.codes.has(part));
  if (codes.length > 1) return memberOf(new Set(codes), (i) => plain(app.data.codes[i]));
  const names = parts.filter((part) => app.keys.names.has(part) || app.keys.codes.has(part));
  if (parts.length > 1 && names.length) {
    const set = new Set(names);
    return (i) => set.has(plain(app.data.columns.name[i])) || set.has(plain(app.data.codes[i]));
  }
  const inPostcode = areasOfPostcode(wanted);
  if (inPostcode) return (i) => inPostcode.has(i);
  return (i) => app.keys.text[i].includes(wanted);
}

const memberOf = (set, keyOf) => (i) => set.has(keyOf(i));

function prepareSearch(data, towns) {
  const names = data.columns.name.map(plain);
  const groups = Object.values(data.groups);
  const text = names.map((name, i) =>
    [name, plain(data.codes[i]), plain(towns[i]), plain(placeName(i)), ...groups.map((group) => plain(groupOf(group, i)))].join(" | "));
  return { codes: new Set(data.codes.map(plain)), names: new Set(names), text };
}

const SORTS = {
  // The order of the list as it stands: by rank, or as published where ranks are not.
  rank: (a, b) => app.now.place[a] - app.now.place[b],
  name: (a, b) => app.data.columns.name[a].localeCompare(app.data.columns.name[b], "en-GB", { numeric: true }),
  district: (a, b) => groupOf(app.data.district, a).localeCompare(groupOf(app.data.district, b), "en-GB") || SORTS.rank(a, b),
  sure: (a, b) => (app.data.columns.p_selected?.[b] ?? -1) - (app.data.columns.p_selected?.[a] ?? -1) || SORTS.rank(a, b),
  young: (a, b) => (app.data.columns.residents_10_24[b] ?? -1) - (app.data.columns.residents_10_24[a] ?? -1) || SORTS.rank(a, b),
};

function listedAreas() {
  const { state, data, changes } = app;
  const found = searcher(state.query);
  const inDistrict = (i) => !state.district || groupOf(data.district, i) === state.district;
  const inTier = showsTiers() && state.sure ? TIER_SETS[state.sure].has : null;
  const leaving = new Set(changes.leave);
  const listed = inTier ?? ((i) => isSelected(i) || leaving.has(i));
  const shown = found ? (i) => found(i) && (inTier?.(i) ?? true) : listed;
  return positions(data.n).filter((i) => shown(i) && inDistrict(i)).sort(SORTS[state.sort]);
}

// Parts of the list by how sure they are, and the areas that chance could put on it.
const TIER_SETS = {
  firm: { text: "firm", has: (i) => isSelected(i) && tierOf(i) === "firm" },
  borderline: { text: "borderline", has: (i) => isSelected(i) && tierOf(i) === "borderline" },
  outside: { text: "just outside", has: (i) => !isSelected(i) && tierOf(i) === "borderline" },
};

function showTiers() {
  const row = byId("tiers");
  row.hidden = !showsTiers();
  if (row.hidden) return;
  const all = { text: "in all", has: isSelected };
  const choices = [["", all], ...Object.entries(TIER_SETS)];
  row.replaceChildren(...choices.map(([value, { text, has }]) => {
    const number = positions(app.data.n).filter(has).length;
    const act = { click: () => { update("list", { sure: value }); byId(`tier-${value || "all"}`).focus(); } };
    const pressed = String(app.state.sure === value);
    return make("button", { type: "button", id: `tier-${value || "all"}`, "aria-pressed": pressed, on: act }, [`${whole.format(number)} ${text}`]);
  }));
}

function showList() {
  const areas = listedAreas();
  app.listed = areas;
  byId("list-rows").replaceChildren(...areas.slice(0, app.rows).flatMap(listRow));
  byId("list-status").textContent = listWords(areas);
  byId("list-more").hidden = areas.length <= app.rows;
  byId("list-title").textContent = listTitle();
  showListHead();
  showFound();
  showTiers();
  markChosenRow();
}

function listTitle() {
  if (!app.asPublished()) return "Selected areas, what if";
  if (!showsTiers() || !app.state.sure) return "Selected areas";
  return { firm: "Selected areas, firm", borderline: "Selected areas, borderline", outside: "Not selected, borderline" }[app.state.sure];
}

function showListHead() {
  const { columns } = app.data;
  const sure = columns.p_selected ? "Of 100 repeats" : "How sure";
  const heads = [[showsBands() ? "Tenth" : "Rank", "number"], ["Area and why", ""], ...(showsTiers() ? [[sure, "number"]] : []),
    ...(columns.residents_10_24 ? [["Aged 10\u2060–\u206024", "number"]] : [])];
  byId("list-head").replaceChildren(...heads.map(([text, kind]) => make("th", { scope: "col", class: kind }, [text])));
}

function listWords(areas) {
  const chosen = areas.filter(isSelected).length;
  const where = app.state.district ? ` in ${app.state.district}` : "";
  if (app.state.query) return `${areasWord(areas.length)} found${where}, ${whole.format(chosen)} selected`;
  if (showsTiers() && app.state.sure === "outside") return `${areasWord(areas.length)}${where} that a repeat could select`;
  const gone = areas.length - chosen;
  if (!where && !gone && !app.state.sure) return "";
  return `${areasWord(chosen)} selected${where}${gone ? `, ${whole.format(gone)} leaving` : ""}`;
}

function listRow(i) {
  const { columns } = app.data;
  const mark = rowMark(i);
  const name = make("button", { type: "button", class: "link", on: { click: () => choose(i, { fly: true, read: true }) } }, [columns.name[i]]);
  const place = make("span", { class: "small row-place" }, [placeWords(i), mark ? " " : "", mark && make("span", { class: "row-mark" }, [mark])]);
  const cells = [
    make("td", { class: "number" }, [rankSign(i)]),
    make("th", { scope: "row" }, [name, " ", place]),
    showsTiers() && sureCell(i),
    columns.residents_10_24 && make("td", { class: "number" }, [numberOrDash(columns.residents_10_24[i])]),
  ].filter(Boolean);
  const why = make("td", { colspan: cells.length - 1, class: "small quiet" }, [upperFirst(shortReasons(i, 3))]);
  return [rowOf(i, "", cells), rowOf(i, "why", [make("td"), why])];
}

// An area has two rows, so that its reasons may use the whole width.
function rowOf(i, name, cells) {
  const on = { mouseenter: () => hover(i), mouseleave: () => hover(null) };
  return make("tr", { "data-area": i, class: isSelected(i) ? name : `${name} unselected`, on }, cells);
}

function sureCell(i) {
  const p = app.data.columns.p_selected?.[i];
  const tier = tierOf(i) === "out" ? "–" : tierOf(i);
  return make("td", { class: "number" }, known(p) ? [make("span", { class: "small quiet sure-word" }, [tier]), ` ${repeatsOf(p)}`] : [tier]);
}

// "3=" for areas that share the third rank.
function rankSign(i) {
  const rank = app.now.index.rank[i];
  if (Number.isNaN(rank)) return "–";
  if (showsBands()) return numberOrDash(app.data.columns.decile?.[i]);
  return `${whole.format(rank)}${app.now.sharing.get(rank) > 1 ? "=" : ""}`;
}

// Groups that the area's own name does not already say.
function placeWords(i) {
  const { kinds, groups, columns } = app.data;
  const names = kinds.map((kind) => groupOf(groups[kind], i));
  return names.filter((name) => name && !columns.name[i].startsWith(name)).join(", ");
}

const numberOrDash = (value) => (typeof value === "string" && value ? value : known(value) && value !== "" ? whole.format(value) : "–");

function rowMark(i) {
  const override = app.data.columns.override?.[i];
  if (override) return override === "in" ? "put in by hand" : "taken out by hand";
  const words = standing(i);
  return words === "Selected" ? "" : lowerFirst(words);
}

function markChosenRow() {
  for (const row of byId("list-rows").children) {
    const chosen = Number(row.dataset.area) === app.state.area && known(app.state.area);
    if (chosen) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
    row.classList.toggle("chosen", chosen);
  }
}

function markHoveredRow(i) {
  for (const row of byId("list-rows").children) row.classList.toggle("hovered", Number(row.dataset.area) === i);
}

// The list scrolls by itself; the page stays where it is.
function scrollToRow(i) {
  const row = byId("list-rows").querySelector(`[data-area="${i}"]`);
  if (!row) return;
  const list = byId("list-scroll");
  const [top, bottom] = [row.offsetTop - byId("list-head").offsetHeight, row.offsetTop + 2 * row.offsetHeight];
  if (top < list.scrollTop) list.scrollTop = top;
  else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
}

const CSV_COLUMNS = {
  rank: (i) => app.now.index.rank[i],
  rank_by_released_scores: (i) => app.now.index.rank[i],
  area_code: (i) => app.data.codes[i],
  name: (i) => app.data.columns.name[i],
  decile: (i) => app.data.columns.decile[i],
  score: (i) => app.now.index.score[i],
  selected: (i) => (isSelected(i) ? "yes" : "no"),
  published: (i) => (app.published.cut.selected[i] ? "yes" : "no"),
  reasons: (i) => reasonsFor(i).map((reason) => reasonLine(reason, i)).join("; "),
  p_selected: (i) => app.data.columns.p_selected?.[i] ?? "",
  tier: (i) => app.data.columns.tier?.[i] ?? "",
  rank_low: (i) => app.data.columns.rank_low?.[i] ?? "",
  rank_high: (i) => app.data.columns.rank_high?.[i] ?? "",
  residents: (i) => app.data.columns.residents?.[i] ?? "",
  residents_10_24: (i) => app.data.columns.residents_10_24?.[i] ?? "",
};

const OPTIONAL = new Set(["decile", "p_selected", "tier", "rank_low", "rank_high", "residents", "residents_10_24"]);

function csvHas(key) {
  const { ranked, columns } = app.data;
  if (key === "rank" || key === "score") return ranked;
  if (key === "rank_by_released_scores") return !ranked && !app.asPublished();
  return !OPTIONAL.has(key) || Boolean(columns[key]);
}

// A cell that a spreadsheet would take for a formula is given a leading apostrophe.
function csvCell(value) {
  const text = Number.isNaN(value) ? "" : String(value ?? "");
  const safe = typeof value === "string" && /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function listCsv() {
  const { data } = app;
  const groups = Object.fromEntries(data.kinds.map((kind) => [kind, (i) => groupOf(data.groups[kind], i)]));
  const places = Object.keys(CSV_COLUMNS).filter(csvHas);
  const at = places.indexOf("name") + 1;
  const readers = (keys) => Object.fromEntries(keys.map((key) => [key, CSV_COLUMNS[key]]));
  const columns = { ...readers(places.slice(0, at)), ...groups, ...readers(places.slice(at)) };
  const lines = app.listed.map((i) => Object.values(columns).map((read) => csvCell(read(i))).join(","));
  return `\ufeff${[Object.keys(columns).join(","), ...lines].join("\r\n")}\r\n`;
}

function download(name, text, type) {
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
