// Unpacks what the page carries: columns in the order of the area codes, and the boundaries.

const byId = (id) => document.getElementById(id);

async function unpack(id) {
  const text = atob(byId(id).textContent);
  const packed = Uint8Array.from(text, (sign) => sign.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

async function readData() {
  const text = new TextDecoder().decode(await unpack("map-data"));
  return prepareData(JSON.parse(text));
}

function prepareData(data) {
  data.n = data.codes.length;
  data.place_of = new Map(data.codes.map((code, i) => [code, i]));
  data.kinds = Object.keys(data.groups);
  data.district = data.groups[data.place_kind] ?? null;
  data.factors.forEach(prepareFactor);
  // Where sources are restricted, tenths leave and ranks do not.
  data.ranked = Boolean(data.columns.rank);
  data.scored = data.factors.filter((factor) => factor.scored && factor.scores.score);
  return data;
}

function prepareFactor(factor) {
  factor.last = factor.periods.at(-1) ?? null;
  factor.many = factor.periods.length > 1 && Boolean(factor.years.hot);
  factor.often = factor.many;
}

function groupOf(group, i) {
  return group ? group.labels[group.of[i]] : "";
}

// Signs of one area each: "0" to "9", "a" to "z", and "-" where an area was not assessed.
function signAt(signs, i) {
  const sign = signs[i];
  return sign === "-" ? NaN : parseInt(sign, 36);
}

function numberReader(bytes) {
  let at = 0;
  return () => {
    let value = 0;
    let factor = 1;
    let byte;
    do {
      byte = bytes[at++];
      value += (byte & 127) * factor;
      factor *= 128;
    } while (byte & 128);
    return value;
  };
}

function readMany(next, count) {
  const numbers = new Int32Array(count);
  for (let k = 0; k < count; k++) numbers[k] = next();
  return numbers;
}

function readPlaces(next, count) {
  const places = new Int32Array(count);
  let place = 0;
  for (let k = 0; k < count; k++) {
    const coded = next();
    place += coded & 1 ? -(coded + 1) / 2 : coded / 2;
    places[k] = place;
  }
  return places;
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

function startsOf(sizes) {
  const starts = new Int32Array(sizes.length + 1);
  for (let k = 0; k < sizes.length; k++) starts[k + 1] = starts[k] + sizes[k];
  return starts;
}

async function readShapes(settings) {
  const next = numberReader(new Uint8Array(await unpack("map-shapes")));
  const n = next();
  const ringsOfArea = readMany(next, n);
  const sizes = readMany(next, sum(ringsOfArea));
  const points = sum(sizes);
  const east = readPlaces(next, points);
  const north = readPlaces(next, points);
  const shapes = { n, points, ringOf: startsOf(ringsOfArea), pointOf: startsOf(sizes), east, north };
  return { ...shapes, ...onPlane(shapes, settings) };
}

// A flat drawing plane: Web Mercator pixels of zoom 12, from the middle of the study area. Numbers stay
// small, so that single-precision paths do not lose metres.
const PLANE_ZOOM = 12;

function planeOf(settings) {
  const [west, south, east, north] = settings.bounds;
  const size = 256 * 2 ** PLANE_ZOOM;
  const project = (lon, lat) => {
    const sine = Math.sin((lat * Math.PI) / 180);
    return [size * (lon / 360 + 0.5), size * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI))];
  };
  return { project, origin: project((west + east) / 2, (south + north) / 2) };
}

function onPlane(shapes, settings) {
  const { project, origin } = planeOf(settings);
  const { west, south, steps } = settings.grid;
  const x = new Float64Array(shapes.points);
  const y = new Float64Array(shapes.points);
  for (let k = 0; k < shapes.points; k++) {
    const [px, py] = project((west + shapes.east[k]) / steps, (south + shapes.north[k]) / steps);
    x[k] = px - origin[0];
    y[k] = py - origin[1];
  }
  return { x, y, origin };
}

function eachRing(shapes, i, visit) {
  for (let ring = shapes.ringOf[i]; ring < shapes.ringOf[i + 1]; ring++) {
    visit(shapes.pointOf[ring], shapes.pointOf[ring + 1]);
  }
}

function pathOf(shapes, i) {
  const path = new Path2D();
  eachRing(shapes, i, (from, to) => {
    path.moveTo(shapes.x[from], shapes.y[from]);
    for (let k = from + 1; k < to; k++) path.lineTo(shapes.x[k], shapes.y[k]);
    path.closePath();
  });
  return path;
}

function boxesOf(shapes) {
  const boxes = new Float64Array(4 * shapes.n);
  for (let i = 0; i < shapes.n; i++) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    eachRing(shapes, i, (from, to) => {
      for (let k = from; k < to; k++) stretch(box, shapes.x[k], shapes.y[k]);
    });
    boxes.set(box, 4 * i);
  }
  return boxes;
}

function stretch(box, x, y) {
  if (x < box[0]) box[0] = x;
  if (y < box[1]) box[1] = y;
  if (x > box[2]) box[2] = x;
  if (y > box[3]) box[3] = y;
}

// Every edge once, with the areas on its two sides (-1 for the sea). The outline of any set of areas is
// then the edges with one side in and one side out.
function edgesOf(shapes) {
  const known = new Map();
  const vertex = vertexNames(shapes);
  const edges = { from: [], to: [], left: [], right: [], vertex };
  for (let i = 0; i < shapes.n; i++) {
    eachRing(shapes, i, (from, to) => {
      for (let k = from; k < to; k++) addEdge(edges, known, vertex, k, k + 1 < to ? k + 1 : from, i);
    });
  }
  edges.isIslet = isletsOf(shapes);
  return edges;
}

// Points of rings that are small beside the largest ring of their area, such as the islets of a marsh: an
// outline around each would be all that one sees.
function isletsOf(shapes) {
  const islets = new Uint8Array(shapes.points);
  for (let i = 0; i < shapes.n; i++) {
    const rings = [];
    eachRing(shapes, i, (from, to) => {
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      for (let k = from; k < to; k++) stretch(box, shapes.x[k], shapes.y[k]);
      rings.push({ from, to, size: Math.hypot(box[2] - box[0], box[3] - box[1]) });
    });
    const largest = Math.max(...rings.map(({ size }) => size));
    for (const { from, to, size } of rings) if (size < largest / 4) islets.fill(1, from, to);
  }
  return islets;
}

function vertexNames(shapes) {
  const names = new Int32Array(shapes.points);
  const known = new Map();
  for (let k = 0; k < shapes.points; k++) {
    const place = shapes.east[k] * 2 ** 24 + shapes.north[k];
    let name = known.get(place);
    if (name === undefined) known.set(place, (name = known.size));
    names[k] = name;
  }
  return names;
}

function addEdge(edges, known, vertex, from, to, area) {
  const [a, b] = vertex[from] < vertex[to] ? [vertex[from], vertex[to]] : [vertex[to], vertex[from]];
  const key = a * 2 ** 25 + b;
  const edge = known.get(key);
  if (edge !== undefined) {
    edges.right[edge] = area;
    return;
  }
  known.set(key, edges.from.length);
  edges.from.push(from);
  edges.to.push(to);
  edges.left.push(area);
  edges.right.push(-1);
}

function areasBeside({ left, right }, i) {
  const beside = new Set();
  left.forEach((area, edge) => {
    if (area === i && right[edge] >= 0) beside.add(right[edge]);
    if (right[edge] === i) beside.add(area);
  });
  return [...beside];
}

// Edges whose sides differ in value; the sea has none, and counts unless coast is false.
function outlineOf(shapes, edges, valueOf, { coast = true, islets = true } = {}) {
  const path = new Path2D();
  for (let e = 0; e < edges.from.length; e++) {
    if (!islets && edges.right[e] < 0 && edges.isIslet[edges.from[e]]) continue;
    const sea = edges.right[e] < 0;
    if (sea ? !coast || valueOf(edges.left[e]) === null : valueOf(edges.left[e]) === valueOf(edges.right[e])) continue;
    path.moveTo(shapes.x[edges.from[e]], shapes.y[edges.from[e]]);
    path.lineTo(shapes.x[edges.to[e]], shapes.y[edges.to[e]]);
  }
  return path;
}

// The same edges as lines as long as can be, so that a dash does not begin anew at every corner.
function linesOf(shapes, edges, keep) {
  const { from, to, vertex } = edges;
  const isDrawn = (e) => edges.right[e] >= 0 || !edges.isIslet[from[e]];
  const wanted = positions(from.length).filter((e) => isDrawn(e) && keep(edges.left[e], edges.right[e]));
  const at = new Map();
  for (const e of wanted) for (const end of [vertex[from[e]], vertex[to[e]]]) at.set(end, [...(at.get(end) ?? []), e]);
  const used = new Set();
  const path = new Path2D();
  for (const first of wanted) {
    if (used.has(first)) continue;
    path.moveTo(shapes.x[from[first]], shapes.y[from[first]]);
    for (let e = first, point = from[e]; e !== undefined; e = at.get(vertex[point]).find((next) => !used.has(next))) {
      used.add(e);
      point = vertex[from[e]] === vertex[point] ? to[e] : from[e];
      path.lineTo(shapes.x[point], shapes.y[point]);
    }
  }
  return path;
}

// The outline of one set: an edge counts where exactly one side belongs.
function outlineOfSet(shapes, edges, belongs, { islets = true } = {}) {
  return outlineOf(shapes, edges, (i) => (belongs(i) ? 1 : null), { islets });
}
