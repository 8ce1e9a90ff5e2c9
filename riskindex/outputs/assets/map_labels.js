// Names on the map: towns by importance, wards and areas as one zooms in, and places as numbered dots.

const FONT = 'system-ui, "Segoe UI", "Noto Sans", "Liberation Sans", Arial, sans-serif';

// Towns first, then, near enough, wards and areas: every label { text, x, y, size, weight, colour }.
function preparedLabels(data, drawing) {
  const { project, origin } = planeOf(app.settings);
  const { name, population, at } = data.settlements;
  const towns = name.map((text, k) => {
    const [x, y] = project(...at[k]);
    return { text, x: x - origin[0], y: y - origin[1], population: population[k] };
  });
  const isTown = new Set(name.map(plain));
  const wards = wardLabels(data, drawing).filter(({ text }) => !isTown.has(plain(text)));
  const named = (layer) => layer.names.map((text, k) => ({ text, ...layer.points[k] })).filter(({ text }) => text);
  return { towns, wards, districts: labelsOf(data, drawing.boxes), points: drawing.context.flatMap(named) };
}

function wardLabels(data, { boxes }) {
  const kind = data.kinds.find((name) => name === "ward");
  if (!kind) return [];
  const group = data.groups[kind];
  const places = group.labels.map((text) => ({ text, x: 0, y: 0, n: 0, left: Infinity, right: -Infinity }));
  group.of.forEach((of, i) => {
    const place = places[of];
    place.x += (boxes[4 * i] + boxes[4 * i + 2]) / 2;
    place.y += (boxes[4 * i + 1] + boxes[4 * i + 3]) / 2;
    place.left = Math.min(place.left, boxes[4 * i]);
    place.right = Math.max(place.right, boxes[4 * i + 2]);
    place.n += 1;
  });
  return places.filter(({ text, n }) => text && n).map(({ text, x, y, n, left, right }) => ({ text, x: x / n, y: y / n, width: right - left }));
}

// From afar only towns that many people know; the nearer, the smaller.
const leastPeople = (metresPerPixel) => (metresPerPixel > 90 ? 15000 : metresPerPixel > 45 ? 7000 : metresPerPixel > 20 ? 2000 : 0);

function shownLabels(view, drawing) {
  const { towns, wards, districts, points } = drawing.names;
  const perPixel = metresPerStep() / view.scale;
  const least = leastPeople(perPixel);
  const big = (town) => ({ ...town, font: `600 ${town.population > 60000 ? 15 : 13}px ${FONT}`, colour: INK });
  const shown = towns.filter((town) => town.population >= least).map(big);
  if (!towns.length) shown.push(...districts.map((label) => ({ ...label, font: `600 13px ${FONT}`, colour: INK })));
  // A station's name stands below its sign, once one is near enough to walk there.
  if (perPixel < 12) shown.push(...points.map(({ text, x, y }) => ({ text, x, y: y + 12 / view.scale, font: `12px ${FONT}`, colour: INK })));
  // Wards would stand among the towns of a county as if they were as well known.
  for (const ward of perPixel < (towns.length ? 30 : 60) ? wards : []) {
    if (ward.width * view.scale > 110) shown.push({ ...ward, font: `italic 13px ${FONT}`, colour: "#3B4347" });
  }
  return shown;
}

function areaLabels(view, drawing) {
  if (drawing.width * view.scale < 64) return [];
  const visible = visibleIn(drawing.boxes, view);
  return positions(app.data.n).filter(visible).map((i) => {
    const [x0, y0, x1, y1] = drawing.boxes.subarray(4 * i, 4 * i + 4);
    return { text: shortName(i), x: (x0 + x1) / 2, y: (y0 + y1) / 2, font: `12px ${FONT}`, colour: "#3B4347" };
  });
}

// "015E" for Southend-on-Sea 015E: the map says where one is.
function shortName(i) {
  const name = app.data.columns.name[i];
  const district = groupOf(app.data.district, i);
  return district && name.startsWith(`${district} `) ? name.slice(district.length + 1) : name;
}

// Below so many pixels an area's outline would hide the area; a numbered dot stands for its place, as
// it does wherever the whole county is seen.
const showsDots = (view, drawing) => hasPlan() && app.state.outline && (drawing.width * view.scale < 11 || app.map?.getZoom() <= app.home);

function dotsOf(view, drawing) {
  if (!showsDots(view, drawing)) return [];
  const { project, origin } = planeOf(app.settings);
  const { places, at } = app.data.plan;
  const people = places.residents_10_24 ?? places.areas;
  const most = Math.max(...people.filter(known), 1);
  const dots = placeNumbers().map((place) => {
    const [x, y] = project(...at[place - 1]);
    const [left, top] = [(x - origin[0]) * view.scale - view.left, (y - origin[1]) * view.scale - view.top];
    return { place, x: left, y: top, r: 9 + 9 * Math.sqrt((people[place - 1] ?? 0) / most) };
  });
  return partedDots(dots);
}

// Dots that would cover each other move apart, the smaller one farther.
function partedDots(dots) {
  for (let round = 0; round < 40; round++) {
    let moved = false;
    for (let a = 0; a < dots.length; a++) {
      for (let b = a + 1; b < dots.length; b++) {
        const [dx, dy] = [dots[b].x - dots[a].x, dots[b].y - dots[a].y];
        const far = Math.hypot(dx, dy) || 0.01;
        const lacks = dots[a].r + dots[b].r + 1 - far;
        if (lacks <= 0) continue;
        moved = true;
        const share = dots[a].r / (dots[a].r + dots[b].r);
        dots[b].x += ((dx || 0.01) / far) * lacks * share;
        dots[b].y += (dy / far) * lacks * share;
        dots[a].x -= ((dx || 0.01) / far) * lacks * (1 - share);
        dots[a].y -= (dy / far) * lacks * (1 - share);
      }
    }
    if (!moved) break;
  }
  return dots;
}

function drawDots(context, view, dots) {
  context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const { place, x, y, r } of [...dots].reverse()) {
    const reached = isReached(place);
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.fillStyle = reached ? RAMP[4] : "#FFFFFF";
    context.fill();
    context.lineWidth = reached ? 1.5 : 2;
    context.strokeStyle = reached ? "#FFFFFF" : INK;
    context.stroke();
    context.font = `700 ${r > 12 ? 13 : 11}px ${FONT}`;
    context.fillStyle = reached ? "#FFFFFF" : INK;
    context.fillText(String(place), x, y + 0.5);
  }
}

// The dot under a point of the map, in pixels of the layer's canvas.
function dotUnder(point) {
  return app.areas?.dots?.find(({ x, y, r }) => Math.hypot(point.x - x, point.y - y) <= r + 2)?.place ?? 0;
}
