// Where the map looks: it flies to what was chosen, searched or filtered, and finds its way back.

const SLOWLY = () => !window.matchMedia("(prefers-reduced-motion: reduce)").matches && document.documentElement.dataset.ready === "yes";

function boundsOfAreas(areas) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const i of areas) {
    const [x0, y0, x1, y1] = app.drawing.boxes.subarray(4 * i, 4 * i + 4);
    stretch(box, x0, y0);
    stretch(box, x1, y1);
  }
  const [x, y] = app.drawing.shapes.origin;
  const corner = (px, py) => app.map.unproject([px + x, py + y], PLANE_ZOOM);
  return L.latLngBounds(corner(box[0], box[1]), corner(box[2], box[3]));
}

// On a phone the legend lies below the map.
const legendIsOver = () => getComputedStyle(byId("legend")).position === "absolute";

// What is shown keeps clear of the legends, left and right, where the map is wide enough.
function legendRooms() {
  const cards = [byId("legend-title"), byId("beside-title")].map((title) => title.closest("div").offsetWidth);
  const rooms = cards.map((width) => (width ? width + 32 : 0));
  const free = app.map.getSize().x - rooms[0] - rooms[1];
  return byId("legend").open && legendIsOver() && free > 380 ? rooms : [0, 0];
}

// Room around what is shown, so that it is seen where it lies.
function flyTo(areas) {
  if (!areas.length) return;
  const bounds = boundsOfAreas(areas).pad(areas.length < 4 ? 0.6 : 0.08);
  const [left, right] = legendRooms();
  const options = { maxZoom: 15, paddingTopLeft: [24 + left, 24], paddingBottomRight: [24 + right, 24] };
  if (SLOWLY()) app.map.flyToBounds(bounds, { ...options, duration: 0.5 });
  else app.map.fitBounds(bounds, { ...options, animate: false });
}

// One step of the reader: what changes, and the areas that the map then shows.
function move(change, areas) {
  const before = { view: viewNow(), depth: app.depth };
  if (mayWriteHistory()) history.replaceState(before, "", location.href);
  app.moving = true;
  change();
  app.moving = false;
  flyTo(areas);
  if (!mayWriteHistory()) return;
  app.depth += 1;
  const after = { view: null, depth: app.depth };
  history.pushState(after, "", `#${fragmentOf(app)}`);
  showMoves();
}

const mayWriteHistory = () => location.protocol !== "about:";

const viewNow = () => ({ centre: app.map.getCenter(), zoom: app.map.getZoom() });

function showMoves() {
  byId("back").hidden = !(app.depth > 0);
  byId("whole").textContent = `Whole ${app.data.whole}`;
}

function goHome() {
  const tab = app.state.tab.replace("area", "");
  move(() => update("choices", { district: "", query: "", place: 0, area: null, tab }), []);
  byId("search").value = byId("district").value = "";
  app.refit(SLOWLY());
}

// A changed fragment, of the reader's own or on the way back, is the page's state.
function followFragment(event) {
  if (`#${fragmentOf(app)}` === (location.hash || "#") && event.type === "hashchange") return;
  app.depth = history.state?.depth ?? 0;
  Object.assign(app.state, firstState(app.data), readFragment(app.data));
  for (const id of ["district", "sort"]) byId(id).value = app.state[id];
  byId("search").value = app.state.query;
  byId("outline").checked = app.state.outline;
  update("choices");
  const view = history.state?.view;
  if (view) app.map.setView(view.centre, view.zoom, { animate: false });
  else if (namedAreas().length) flyTo(namedAreas());
  else app.refit(false);
  showMoves();
}

// What the state names: an area, a place, what is searched for, a district.
function namedAreas() {
  const { state } = app;
  if (known(state.area)) return [state.area];
  if (state.place) return areasOfPlace(state.place);
  if (state.query) return foundAreas();
  return areasOfDistrict(state.district);
}

function listenMoves() {
  byId("whole").addEventListener("click", goHome);
  byId("back").addEventListener("click", () => history.back());
  window.addEventListener("popstate", followFragment);
  window.addEventListener("hashchange", followFragment);
}
