// Search: by settlement, place, ward, area or code; what was not found, and the nearest names.

const MOST_TRIED = 5000;

// The settlement that each area belongs to: the nearest, measured in the settlement's own radius.
function townsOf(data, drawing) {
  const { name, population, at } = data.settlements;
  const { boxes } = drawing;
  const most = data.n > MOST_TRIED ? 400 : name.length;
  const { project, origin } = planeOf(app.settings);
  const metre = metresPerStep();
  const towns = at.slice(0, most).map(([lon, lat], k) => {
    const [x, y] = project(lon, lat);
    const radius = Math.min(5000, Math.max(500, 1000 * Math.sqrt(population[k] / 3500 / Math.PI)));
    return { x: x - origin[0], y: y - origin[1], radius: radius / metre, name: name[k] };
  });
  return positions(data.n).map((i) => {
    const [x, y] = [(boxes[4 * i] + boxes[4 * i + 2]) / 2, (boxes[4 * i + 1] + boxes[4 * i + 3]) / 2];
    let [best, least] = ["", 1.5];
    for (const town of towns) {
      const far = Math.hypot(town.x - x, town.y - y) / town.radius;
      if (far < least) [best, least] = [town.name, far];
    }
    return best;
  });
}

// Metres on the ground of one step of the drawing plane, in the middle of the study area.
function metresPerStep() {
  const [, south, , north] = app.settings.bounds;
  return (40075016 * Math.cos((((south + north) / 2) * Math.PI) / 180)) / (256 * 2 ** PLANE_ZOOM);
}

// What looks like a postcode, its sector (CO15 1) or its outward code (CO15), in parts.
function postcodeParts(query) {
  const found = query.toUpperCase().match(/^([A-Z]{1,2}\d[A-Z\d]?)(?:\s*(\d)([A-Z]{2})|\s+(\d))?$/);
  return found && { out: found[1], digit: found[2] ?? found[4], unit: found[3] };
}

// Areas of a postcode, a sector or an outward code; null where it is none that is known.
function areasOfPostcode(query) {
  const sectors = app.data.postcodes?.sectors;
  const parts = sectors && postcodeParts(query);
  if (!parts) return null;
  const names = parts.digit ? [parts.out + parts.digit] : Object.keys(sectors).filter((name) => name.slice(0, -1) === parts.out);
  const known = names.filter((name) => Object.hasOwn(sectors, name)).map((name) => sectors[name]);
  const found = known.flatMap(([units, at]) =>
    parts.unit && units ? at.filter((_, k) => units.slice(2 * k, 2 * k + 2) === parts.unit) : at);
  return found.length ? new Set(found) : null;
}

// Said where a page knows postcodes by their sectors alone: more areas are found than one.
function sectorNote(query) {
  const parts = postcodeParts(plain(query));
  if (!parts?.unit || !areasOfPostcode(plain(query)) || app.data.postcodes.sectors[parts.out + parts.digit][0]) return "";
  return `All areas of ${parts.out} ${parts.digit}: this page knows postcodes by their sectors. `;
}

const placeName = (i) => (placeOf(i) ? placesOf().name[placeOf(i) - 1] : "");

// Areas that a query finds, wherever they are and whether or not they are selected.
function foundAreas() {
  const found = searcher(app.state.query);
  const { district } = app.state;
  const inside = (i) => !district || groupOf(app.data.district, i) === district;
  return found ? positions(app.data.n).filter((i) => found(i) && inside(i)) : [];
}

// Parts of a pasted list, or the one phrase, that name nothing here.
function missedParts(query) {
  const parts = plain(query).split(/[\n,;\t]+/).map((part) => part.trim()).filter(Boolean);
  return parts.filter((part) => !areasOfPostcode(part) && !app.keys.text.some((text) => text.includes(part))
    && !part.split(/\s+/).every((word) => app.keys.codes.has(word)));
}

function nearestNames(word, most = 3) {
  app.names ??= [...new Set([...app.data.settlements.name, ...app.data.kinds.flatMap((kind) => app.data.groups[kind].labels), ...app.data.columns.name].filter(Boolean))];
  return app.names.map((name) => [stepsBetween(word, plain(name).slice(0, word.length + 4)), name])
    .filter(([steps]) => steps <= Math.max(2, word.length / 3)).sort((a, b) => a[0] - b[0]).slice(0, most).map(([, name]) => name);
}

// Letters to change, add or drop between a word and the beginning of a name.
function stepsBetween(word, name) {
  let row = positions(name.length + 1);
  for (let i = 1; i <= word.length; i++) {
    const next = [i];
    for (let j = 1; j <= name.length; j++) {
      next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (word[i - 1] === name[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return Math.min(...row);
}

function showFound() {
  const line = byId("found");
  const missed = app.state.query ? missedParts(app.state.query).slice(0, 3) : [];
  const note = sectorNote(app.state.query);
  line.hidden = !missed.length && !note;
  if (line.hidden) return;
  line.replaceChildren(note, ...missed.flatMap((word) => [`Not found: ${word}. `, ...nearestLinks(word)]));
}

function nearestLinks(word) {
  const names = nearestNames(word);
  if (!names.length) return [];
  const links = names.map((name) => make("button", { type: "button", class: "link", on: { click: () => searchFor(name) } }, [name]));
  return ["Nearest: ", ...links.flatMap((button, k) => (k ? [", ", button] : [button])), ". "];
}

function searchFor(query) {
  byId("search").value = query;
  app.rows = ROWS_AT_ONCE;
  update("list", { query, view: query ? "areas" : app.state.view, area: null, place: 0 });
  flyToFound();
}

// The selected areas among what was found, if there are any: they are what is looked for.
function flyToFound() {
  const found = foundAreas();
  if (found.length) move(() => {}, found);
}

let waiting = 0;

function listenSearch() {
  if (app.data.postcodes) byId("search").placeholder = "Town, ward, postcode or codes";
  byId("search").addEventListener("input", (event) => {
    app.rows = ROWS_AT_ONCE;
    update("list", { query: event.target.value, view: event.target.value ? "areas" : app.state.view });
    clearTimeout(waiting);
    // While somebody types, the map waits.
    waiting = setTimeout(flyToFound, 600);
  });
  byId("search").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || byId("search").value.includes("\n")) return;
    event.preventDefault();
    clearTimeout(waiting);
    flyToFound();
  });
}
