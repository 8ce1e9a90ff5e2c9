// Print: one page per district, with its map and its part of the list.

const PAPER = { width: 680, height: 430, ratio: 2 };

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
  return make("section", { class: "print-page" }, [
    make("p", { class: "mark" }, [app.data.mark]),
    make("h2", {}, [`${app.data.title}: ${label}`]),
    make("p", {}, [`${whole.format(chosen.length)} of ${areasWord(areas.length)} selected. Data period: ${app.data.period}. ${app.asPublished() ? "" : upperFirst(`${choiceWords()}: not the published list.`)}`]),
    printMap(areas),
    make("p", {}, [make("strong", {}, [app.layer.title]), " (areas of the whole map)"]),
    make("ul", { class: "print-legend" }, legendRows(app.layer)),
    printTable(chosen),
    make("p", { class: "small" }, [[...app.data.limits, ...app.data.attribution].join(" ")]),
  ]);
}

function printMap(areas) {
  const sheet = make("canvas", { class: "print-map" });
  sheet.width = PAPER.width * PAPER.ratio;
  sheet.height = PAPER.height * PAPER.ratio;
  const inside = new Set(areas);
  const { shapes, edges } = app.drawing;
  const only = (i) => inside.has(i);
  const picture = { ...app.picture, only, frame: outlineOfSet(shapes, edges, only) };
  drawMap(sheet.getContext("2d"), viewAround(areas), app.drawing, picture);
  return sheet;
}

function viewAround(areas) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const i of areas) {
    const [x0, y0, x1, y1] = app.drawing.boxes.subarray(4 * i, 4 * i + 4);
    stretch(box, x0, y0);
    stretch(box, x1, y1);
  }
  const scale = 0.94 * Math.min(PAPER.width / (box[2] - box[0]), PAPER.height / (box[3] - box[1]));
  const left = ((box[0] + box[2]) / 2) * scale - PAPER.width / 2;
  const top = ((box[1] + box[3]) / 2) * scale - PAPER.height / 2;
  return { ...PAPER, scale, left, top };
}

const PRINT_COLUMNS = [
  { head: () => (showsBands() ? "Rank band" : "Rank"), read: rankSign },
  { head: () => "Area", read: (i) => `${app.data.columns.name[i]} (${app.data.codes[i]})` },
  { head: () => "Why", read: (i) => upperFirst(shortReasons(i, 4)) },
  { head: () => "How sure", read: (i) => [tierOf(i), printedRepeats(i)].filter(Boolean).join(", "), when: showsTiers },
  { head: () => "Aged 10 to 24", read: (i) => numberOrDash(app.data.columns.residents_10_24[i]), when: () => app.data.columns.residents_10_24 },
];

const printedRepeats = (i) => (known(app.data.columns.p_selected?.[i]) ? `${repeatsOf(app.data.columns.p_selected[i])} of 100` : "");

function printTable(chosen) {
  const columns = PRINT_COLUMNS.filter(({ when }) => !when || when());
  const head = columns.map((column) => make("th", { scope: "col" }, [column.head()]));
  const row = (i) => make("tr", {}, columns.map(({ read }) => make("td", {}, [read(i)])));
  return make("table", {}, [make("thead", {}, [make("tr", {}, head)]), make("tbody", {}, chosen.map(row))]);
}
