// Print: one page per district, with its map and its part of the list.

const PAPER = { width: 680, ratio: 2 };

// A long list leaves the map less of the page.
const paperFor = (rows) => ({ ...PAPER, height: rows > 24 ? 180 : rows > CROWDED ? 250 : rows > 8 ? 330 : 430 });

// Above so many areas each has one line in small print, so that a district stays on its page.
const CROWDED = 14;

function printedGroups() {
  const { data, state } = app;
  const group = data.district ?? { labels: [data.place], of: positions(data.n).fill(0) };
  const members = group.labels.map((label, place) => ({ label, areas: positions(data.n).filter((i) => group.of[i] === place) }));
  const wanted = ({ label, areas }) => (state.district ? label === state.district : areas.some(isSelected));
  return members.filter(wanted);
}

function preparePrint() {
  byId("print-pages").replaceChildren(...printedGroups().map(printPage));
  byId("print-pages").hidden = false;
}

function clearPrint() {
  byId("print-pages").hidden = true;
  byId("print-pages").replaceChildren();
}

function printPage({ label, areas }) {
  const chosen = areas.filter(isSelected).sort(SORTS.rank);
  return make("section", { class: chosen.length > CROWDED ? "print-page crowded" : "print-page" }, [
    make("p", { class: "mark" }, [app.data.mark]),
    make("h2", {}, [`${app.data.title}: ${label}`]),
    make("p", {}, [`${whole.format(chosen.length)} of ${areasWord(areas.length)} selected. Data period: ${app.data.period}. ${app.asPublished() ? "" : upperFirst(`${choiceWords()}: not the published list.`)}`]),
    printMap(areas, paperFor(chosen.length)),
    make("p", {}, [make("strong", {}, [app.layer.title]), " (areas of the whole map)"]),
    make("ul", { class: "print-legend" }, legendRows(app.layer)),
    printTable(chosen),
    make("p", { class: "small" }, [[...app.data.limits, ...app.data.attribution].join(" ")]),
  ]);
}

function printMap(areas, paper) {
  const sheet = make("canvas", { class: "print-map" });
  sheet.width = paper.width * paper.ratio;
  sheet.height = paper.height * paper.ratio;
  const inside = new Set(areas);
  const { shapes, edges } = app.drawing;
  const only = (i) => inside.has(i);
  const picture = { ...app.picture, ...outlinesOf(only), only, frame: outlineOfSet(shapes, edges, only) };
  drawMap(sheet.getContext("2d"), viewAround(areas, paper), app.drawing, picture);
  return sheet;
}

function viewAround(areas, paper) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const i of areas) {
    const [x0, y0, x1, y1] = app.drawing.boxes.subarray(4 * i, 4 * i + 4);
    stretch(box, x0, y0);
    stretch(box, x1, y1);
  }
  const scale = 0.94 * Math.min(paper.width / (box[2] - box[0]), paper.height / (box[3] - box[1]));
  const left = ((box[0] + box[2]) / 2) * scale - paper.width / 2;
  const top = ((box[1] + box[3]) / 2) * scale - paper.height / 2;
  return { ...paper, scale, left, top };
}

const PRINT_COLUMNS = [
  { head: () => (showsBands() ? "Tenth" : "Rank"), read: rankSign },
  { head: () => "Area", read: (i) => `${app.data.columns.name[i]} (${app.data.codes[i]})` },
  { head: () => "Why", read: (i, rows) => upperFirst(shortReasons(i, rows > CROWDED ? 1 : 3)) },
  { head: () => "How sure", read: (i) => tierOf(i), when: showsTiers },
  { head: () => "Of 100 repeats", read: (i) => printedRepeats(i), when: () => showsTiers() && app.data.columns.p_selected },
  { head: () => "Aged 10 to 24", read: (i) => numberOrDash(app.data.columns.residents_10_24[i]), when: () => app.data.columns.residents_10_24 },
];

const printedRepeats = (i) => (known(app.data.columns.p_selected?.[i]) ? repeatsOf(app.data.columns.p_selected[i]) : "");

function printTable(chosen) {
  const columns = PRINT_COLUMNS.filter(({ when }) => !when || when());
  const head = columns.map((column) => make("th", { scope: "col" }, [column.head()]));
  const row = (i) => make("tr", {}, columns.map(({ read }) => make("td", {}, [read(i, chosen.length)])));
  return make("table", {}, [make("thead", {}, [make("tr", {}, head)]), make("tbody", {}, chosen.map(row))]);
}
