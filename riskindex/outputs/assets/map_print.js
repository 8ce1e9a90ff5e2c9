// Print: one page per district, with its map and its part of the list.

const PAPER = { width: 680, ratio: 2 };

// A long list leaves the map less of the page.
const paperFor = (rows) => ({ ...PAPER, height: rows > 24 ? 180 : rows > CROWDED ? 250 : rows > 8 ? 300 : 400 });

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
    printMap(areas, paperFor(chosen.length), chosen),
    make("p", {}, [make("strong", {}, [app.layer.title]), " (areas of the whole map)"]),
    make("ul", { class: "print-legend" }, [...classRows(app.layer), ...outlineRows(app.layer), ...contextRows()]),
    printTable(chosen),
    make("p", { class: "small" }, [[...app.data.limits, ...app.data.attribution].join(" ")]),
  ]);
}

function printMap(areas, paper, chosen) {
  const sheet = make("canvas", { class: "print-map" });
  sheet.width = paper.width * paper.ratio;
  sheet.height = paper.height * paper.ratio;
  const inside = new Set(areas);
  const { shapes, edges } = app.drawing;
  const only = (i) => inside.has(i);
  const picture = { ...app.picture, ...outlinesOf(only), only, frame: outlineOfSet(shapes, edges, only) };
  const view = viewAround(areas, paper);
  drawMap(sheet.getContext("2d"), view, app.drawing, picture);
  drawNumbers(sheet.getContext("2d"), view, chosen);
  return sheet;
}

// On each selected area the number of its row; those that would cover each other move apart.
function drawNumbers(context, view, chosen) {
  context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `700 9px ${FONT}`;
  const signs = chosen.map((i, row) => {
    const [x0, y0, x1, y1] = app.drawing.boxes.subarray(4 * i, 4 * i + 4);
    return { number: row + 1, x: ((x0 + x1) / 2) * view.scale - view.left, y: ((y0 + y1) / 2) * view.scale - view.top, r: 7 };
  });
  for (const { number, x, y, r } of partedDots(signs)) {
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.fillStyle = "#FFFFFF";
    context.fill();
    context.lineWidth = 1;
    context.strokeStyle = INK;
    context.stroke();
    context.fillStyle = INK;
    context.fillText(String(number), x, y);
  }
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

const printedWard = (i) => (app.data.groups.ward ? groupOf(app.data.groups.ward, i) : "");

const PRINT_COLUMNS = [
  { head: () => "No.", read: (i, rows, row) => String(row + 1) },
  { head: () => (showsBands() ? "Tenth" : "Rank"), read: rankSign },
  { head: () => "Area", read: (i) => `${[app.data.columns.name[i], printedWard(i)].filter(Boolean).join(", ")} (${app.data.codes[i]})` },
  { head: () => "Why", read: (i, rows) => upperFirst(shortReasons(i, rows > CROWDED ? 1 : rows > 8 ? 2 : 3)) },
  { head: () => "How sure", read: (i) => tierOf(i), when: () => showsTiers() && !app.data.columns.p_selected },
  { head: () => "Of 100 repeats", read: (i) => printedRepeats(i), when: () => showsTiers() && app.data.columns.p_selected },
  { head: () => "Aged 10 to 24", read: (i) => numberOrDash(app.data.columns.residents_10_24[i]), when: () => app.data.columns.residents_10_24 },
];

const printedRepeats = (i) => (known(app.data.columns.p_selected?.[i]) ? repeatsOf(app.data.columns.p_selected[i]) : "");

function printTable(chosen) {
  const columns = PRINT_COLUMNS.filter(({ when }) => !when || when());
  const head = columns.map((column) => make("th", { scope: "col" }, [column.head()]));
  const row = (i, k) => make("tr", {}, columns.map(({ read }) => make("td", {}, [read(i, chosen.length, k)])));
  return make("table", {}, [make("thead", {}, [make("tr", {}, head)]), make("tbody", {}, chosen.map(row))]);
}
