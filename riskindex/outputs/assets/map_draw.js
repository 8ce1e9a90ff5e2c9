// Draws areas on a canvas: classes, hatching, outlines and names. It knows nothing of Leaflet, so that the
// screen and the printed pages share it.

const INK = "#0B0C0C";
const RAMP = ["#E8F1FA", "#B5D4EE", "#6BACE6", "#2073BC", "#12436D"];
const NOT_HOT = "#F3F2F1";
const HOT = [NOT_HOT, "#F7C8A8", "#F46A25", "#801650"];

function prepareDrawing(data, shapes, settings) {
  const edges = edgesOf(shapes);
  const boxes = boxesOf(shapes);
  const paths = positions(shapes.n).map((i) => pathOf(shapes, i));
  const borders = data.district ? outlineOf(shapes, edges, (i) => data.district.of[i], { coast: false }) : new Path2D();
  const coast = outlineOfSet(shapes, edges, () => true);
  return { shapes, edges, boxes, paths, borders, coast, width: typicalWidth(boxes), context: contextOf(data, settings) };
}

// Roads, waters and stations on the drawing plane, in the order of the config.
function contextOf(data, settings) {
  const { project, origin } = planeOf(settings);
  const { steps } = settings.grid;
  return data.context.map(({ label, kind, parts, names }) => {
    const path = new Path2D();
    const points = parts.map((moves) => {
      let [east, north, x, y] = [0, 0, 0, 0];
      for (let k = 0; k < moves.length; k += 2) {
        east += moves[k];
        north += moves[k + 1];
        [x, y] = project(east / steps, north / steps);
        x -= origin[0];
        y -= origin[1];
        if (k) path.lineTo(x, y);
        else path.moveTo(x, y);
      }
      if (kind === "polygon") path.closePath();
      return { x, y };
    });
    return { label, kind, path, points, names };
  });
}

// Under the outlines of what is selected, so that a road never hides an answer.
function drawContext(context, { context: layers }, pixel) {
  for (const { kind, path, points } of layers) {
    if (kind === "polygon") {
      context.fillStyle = "#FFFFFF";
      context.fill(path, "evenodd");
      stroke(context, path, "#8A9296", 0.6 * pixel);
    } else if (kind === "line") {
      stroke(context, path, "#FFFFFF", 3 * pixel);
      stroke(context, path, "#6F777B", 1.5 * pixel);
    } else {
      for (const { x, y } of points) drawSign(context, x, y, 6 * pixel);
    }
  }
}

function drawSign(context, x, y, size) {
  context.fillStyle = "#FFFFFF";
  context.fillRect(x - 0.7 * size, y - 0.7 * size, 1.4 * size, 1.4 * size);
  context.fillStyle = INK;
  context.fillRect(x - size / 2, y - size / 2, size, size);
}

function typicalWidth(boxes) {
  const widths = positions(boxes.length / 4).map((i) => boxes[4 * i + 2] - boxes[4 * i]);
  return widths.sort((a, b) => a - b)[Math.floor(widths.length / 2)];
}

// A district's name stands in the middle of its areas, each as heavy as its box is wide.
function labelsOf(data, boxes) {
  if (!data.district) return [];
  const places = data.district.labels.map((text) => ({ text, x: 0, y: 0, weight: 0 }));
  data.district.of.forEach((group, i) => {
    const [x0, y0, x1, y1] = boxes.subarray(4 * i, 4 * i + 4);
    const weight = (x1 - x0) * (y1 - y0);
    const place = places[group];
    place.x += (weight * (x0 + x1)) / 2;
    place.y += (weight * (y0 + y1)) / 2;
    place.weight += weight;
  });
  return places.filter((place) => place.text && place.weight > 0)
    .map(({ text, x, y, weight }) => ({ text, x: x / weight, y: y / weight, weight }))
    .sort((a, b) => b.weight - a.weight);
}

// view: { scale, left, top, width, height, ratio, edges, covered }; a plane point falls on (x * scale - left, y * scale - top).
function onCanvas(context, view, draw) {
  const { ratio } = view;
  context.save();
  context.setTransform(view.scale * ratio, 0, 0, view.scale * ratio, -view.left * ratio, -view.top * ratio);
  draw(1 / view.scale);
  context.restore();
}

function visibleIn(boxes, view) {
  const [left, top] = [view.left / view.scale, view.top / view.scale];
  const [right, bottom] = [left + view.width / view.scale, top + view.height / view.scale];
  return (i) => {
    const at = 4 * i;
    return boxes[at] <= right && boxes[at + 2] >= left && boxes[at + 1] <= bottom && boxes[at + 3] >= top;
  };
}

// picture: { classes, colours, selected, outline, outer, dashed }.
function drawMap(context, view, drawing, picture) {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, view.width * view.ratio, view.height * view.ratio);
  onCanvas(context, view, (pixel) => {
    fillAreas(context, view, drawing, picture, pixel);
    drawContext(context, drawing, pixel);
    drawFrame(context, drawing, picture, pixel);
    if (picture.outline && !(picture.dots && showsDots(view, drawing))) outlineSelected(context, view, picture, pixel);
  });
  if (picture.frame) return [];
  const dots = picture.dots ? dotsOf(view, drawing) : [];
  drawDots(context, view, dots);
  const boxes = dots.length ? dots.map(({ x, y, r }) => [x - r, y - r, x + r, y + r]) : selectedBoxes(view, drawing, picture);
  const taken = drawLabels(context, view, shownLabels(view, drawing), { hidden: boxes, taken: [...(view.covered ?? [])], barred: dots.length > 0 });
  drawLabels(context, view, areaLabels(view, drawing), { hidden: [], taken });
  return dots;
}

// The coast and the districts; or, for one district alone, its own outline.
function drawFrame(context, drawing, { frame }, pixel) {
  if (!frame) stroke(context, drawing.coast, "#8A9296", 0.6 * pixel);
  stroke(context, frame ?? drawing.borders, "#FFFFFF", 2.5 * pixel);
  stroke(context, frame ?? drawing.borders, "#505A5F", 1.25 * pixel);
}

function fillAreas(context, view, drawing, picture, pixel) {
  const visible = visibleIn(drawing.boxes, view);
  const hatch = hatching(context, view);
  const near = drawing.width * view.scale > 14;
  drawing.paths.forEach((path, i) => {
    if (!visible(i) || picture.only?.(i) === false) return;
    const kind = picture.classes[i];
    const colour = Number.isNaN(kind) ? hatch : picture.colours[kind];
    context.fillStyle = colour;
    context.fill(path, "evenodd");
    const stripes = picture.stripes?.[i];
    if (stripes) {
      context.fillStyle = striping(context, view, stripes);
      context.fill(path, "evenodd");
    }
    // The same colour along the edge closes the hairline between two areas; near by, a line parts them.
    stroke(context, path, near ? "#FFFFFF" : colour, (near ? 0.9 : 0.6) * pixel);
  });
}

function stroke(context, path, style, width, dash = []) {
  context.strokeStyle = style;
  context.lineWidth = width;
  context.lineJoin = context.lineCap = "round";
  context.setLineDash(dash);
  context.stroke(path);
  context.setLineDash([]);
}

let hatchTile = null;

function hatching(context, view) {
  hatchTile ??= makeHatchTile();
  const pattern = context.createPattern(hatchTile, "repeat");
  const size = 1 / (view.scale * view.ratio);
  pattern.setTransform(new DOMMatrix([size, 0, 0, size, 0, 0]));
  return pattern;
}

function makeHatchTile() {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.fillStyle = "#FFFFFF";
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = "#6F777B";
  pen.lineWidth = 1.5;
  for (const shift of [-8, 0, 8]) {
    pen.moveTo(shift, 8);
    pen.lineTo(shift + 8, 0);
  }
  pen.stroke();
  return tile;
}

// Thin from afar, so that small areas are not lost under their own outline.
// Stripes over the colour of an area that is hot only with its neighbours, or only they are.
const tiles = new Map();

function striping(context, view, colour) {
  if (!tiles.has(colour)) tiles.set(colour, makeStripes(colour));
  const pattern = context.createPattern(tiles.get(colour), "repeat");
  const size = 1 / (view.scale * view.ratio);
  pattern.setTransform(new DOMMatrix([size, 0, 0, size, 0, 0]));
  return pattern;
}

function makeStripes(colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 10;
  const pen = tile.getContext("2d");
  pen.strokeStyle = colour;
  pen.lineWidth = 3;
  for (const shift of [-10, 0, 10]) {
    pen.moveTo(shift, 0);
    pen.lineTo(shift + 10, 10);
  }
  pen.stroke();
  return tile;
}

const outlineWidth = (view, drawing) => Math.min(3, Math.max(0.5, (drawing.width * view.scale) / 3));

function outlineSelected(context, view, picture, pixel) {
  const width = outlineWidth(view, picture.drawing);
  const { outer, dashed } = picture;
  const dash = Math.max(2.5, 2 * width) * pixel;
  stroke(context, dashed, "#FFFFFF", (1.6 * width + 0.6) * pixel);
  stroke(context, outer, "#FFFFFF", (1.6 * width + 0.6) * pixel);
  stroke(context, dashed, INK, width * pixel, [dash, 1.2 * dash]);
  stroke(context, outer, INK, width * pixel);
}

// What is chosen has a yellow edge; what the pointer is on a blue one, that nothing else has.
const HOVERED = "#1D70B8";

function drawFocus(context, view, drawing, { hovered, chosen }) {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, view.width * view.ratio, view.height * view.ratio);
  onCanvas(context, view, (pixel) => {
    if (chosen) {
      stroke(context, chosen, INK, 7 * pixel);
      stroke(context, chosen, "#FFDD00", 4 * pixel);
    }
    if (hovered) {
      stroke(context, hovered, "#FFFFFF", 7 * pixel);
      stroke(context, hovered, HOVERED, 4 * pixel);
    }
  });
}

function selectedBoxes(view, { boxes }, { selected }) {
  return selected.map((i) => {
    const [x0, y0, x1, y1] = boxes.subarray(4 * i, 4 * i + 4);
    const [left, top] = [x0 * view.scale - view.left, y0 * view.scale - view.top];
    return [left, top, left + (x1 - x0) * view.scale, top + (y1 - y0) * view.scale];
  });
}

// Steps up and down that a name may take so as not to hide a selected area.
const LABEL_STEPS = [0, -18, 18, -30, 30, -44, 44];

// Names in the order of their importance; one that would cover another is left out.
function drawLabels(context, view, labels, { hidden, taken = [], barred = false }) {
  context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const { text, x, y, font, colour } of labels) {
    const at = { x: x * view.scale - view.left, y: y * view.scale - view.top };
    if (at.x < 0 || at.y < 0 || at.x > view.width || at.y > view.height) continue;
    context.font = font;
    const half = context.measureText(text).width / 2 + 3;
    // A town at the edge keeps its whole name; one beyond it stands there.
    const [left, right] = view.edges && at.x >= view.edges[0] && at.x <= view.edges[1] ? view.edges : [0, view.width];
    at.x = Math.max(left + half, Math.min(at.x, right - half));
    const boxAt = (step) => [at.x - half, at.y + step - 8, at.x + half, at.y + step + 8];
    const free = (boxes) => (step) => !boxes.some((box) => overlaps(boxAt(step), box));
    const open = LABEL_STEPS.filter(free(taken));
    const step = open.find(free(hidden)) ?? (barred ? undefined : open[0]);
    if (step === undefined) continue;
    taken.push(boxAt(step));
    haloed(context, text, { x: at.x, y: at.y + step }, colour);
  }
  return taken;
}

function haloed(context, text, at, colour) {
  context.lineWidth = 4;
  context.lineJoin = "round";
  context.strokeStyle = "rgba(255, 255, 255, 0.9)";
  context.strokeText(text, at.x, at.y);
  context.fillStyle = colour;
  context.fillText(text, at.x, at.y);
}

function overlaps(a, b) {
  return a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];
}

let scratch = null;

function areaAt(drawing, x, y) {
  scratch ??= document.createElement("canvas").getContext("2d");
  const { boxes, paths } = drawing;
  for (let i = 0; i < paths.length; i++) {
    const at = 4 * i;
    if (x < boxes[at] || x > boxes[at + 2] || y < boxes[at + 1] || y > boxes[at + 3]) continue;
    if (scratch.isPointInPath(paths[i], x, y, "evenodd")) return i;
  }
  return null;
}
