// Places and teams: the answer in one sentence, a stepper for the teams, and the table of places.

const placesOf = () => app.data.plan?.places ?? null;

// The list that the plan was made for; a what-if has other areas, and so no places.
const hasPlan = () => Boolean(app.data.plan) && app.asPublished();

function currentStep() {
  const { plan } = app.data;
  const steps = app.state.spread ? plan.spread : plan.steps;
  const [amount, reach, oneMore, chosen] = steps[app.state.team];
  return { amount, reach, oneMore, chosen: new Set(chosen), last: steps.length - 1 };
}

const isReached = (place) => hasPlan() && currentStep().chosen.has(place);

const placeOf = (i) => app.data.plan?.of[i] ?? 0;

const areasOfPlace = (place) => positions(app.data.n).filter((i) => placeOf(i) === place);

const placeNumbers = () => positions(placesOf()?.name.length ?? 0).map((k) => k + 1);

function showPlan() {
  const shown = hasPlan();
  for (const id of ["teams", "views"]) byId(id).hidden = !shown;
  byId("one-more").hidden = !shown || !currentStep().oneMore;
  if (!shown) return;
  const { plan } = app.data;
  const { amount, oneMore, last } = currentStep();
  byId("team-words").textContent = amount;
  byId("fewer").disabled = app.state.team === 0;
  byId("more").disabled = app.state.team === last;
  byId("spread").checked = app.state.spread;
  byId("spread").parentElement.hidden = !plan.spread.length;
  byId("spread-words").textContent = `At least one in each ${placeKind()}`;
  byId("one-more").textContent = oneMore;
  byId("teams").setAttribute("aria-label", `${upperFirst(plan.resource)}. ${plan.aim}`);
}

const placeKind = () => (app.data.place_kind ?? "district").replaceAll("_", " ");

// "56 of 1,111 areas, in seven places; 4 teams reach 11,784 of 17,799 people aged 10 to 24: ..."
function answerParts() {
  const { listed } = app.data.plan;
  const [count, ...where] = listed.split(", ");
  const { reach } = currentStep();
  return [make("strong", {}, [count]), where.length ? `, ${where.join(", ")}` : "", `; ${reach}.`];
}

function showPlaces() {
  const table = app.data.plan?.places;
  const shown = hasPlan() && app.state.view === "places";
  byId("places").hidden = !shown;
  byId("areas").hidden = shown;
  byId("list-title").hidden = byId("list-status").hidden = shown;
  for (const part of document.querySelectorAll(".areas-only")) part.hidden = shown;
  if (!hasPlan()) return;
  byId("view-places").textContent = `Places (${whole.format(table.name.length)})`;
  byId("view-areas").textContent = `Areas (${whole.format(sum(app.now.cut.selected))})`;
  byId("view-places").setAttribute("aria-pressed", String(shown));
  byId("view-areas").setAttribute("aria-pressed", String(!shown));
  if (!shown) return;
  byId("list-more").hidden = true;
  const heads = [["", "number"], ["Place", ""], ["Areas", "number"], ...(table.firm?.some(known) ? [["Firm", "number"]] : []),
    ...(table.residents_10_24?.some(known) ? [["Aged 10\u2060–\u206024", "number"]] : [])];
  byId("place-head").replaceChildren(...heads.map(([text, kind]) => (text ? make("th", { scope: "col", class: kind }, [text]) : make("td"))));
  byId("place-rows").replaceChildren(...listedPlaces().map((place) => placeRow(place, heads.length)));
}

function listedPlaces() {
  const { district } = placesOf();
  return placeNumbers().filter((place) => !app.state.district || district[place - 1] === app.state.district
    || areasOfPlace(place).some((i) => groupOf(app.data.district, i) === app.state.district));
}

function placeRow(place) {
  const table = placesOf();
  const at = place - 1;
  const reached = isReached(place);
  const name = make("button", { type: "button", class: "link", "data-place": place, on: { click: () => choosePlace(place) } }, [table.name[at]]);
  const beneath = placeWards(at);
  const mark = reached && make("span", { class: "row-mark" }, [teamMark()]);
  const on = { mouseenter: () => hoverPlace(place), mouseleave: () => hoverPlace(0) };
  return make("tr", { on, class: app.state.place === place ? "chosen" : null }, [
    make("td", { class: "number" }, [make("span", { class: reached ? "dot reached" : "dot" }, [String(place)])]),
    make("th", { scope: "row" }, [name, " ", make("span", { class: "small row-place" }, [beneath, beneath && mark ? " " : "", mark])]),
    make("td", { class: "number" }, [whole.format(table.areas[at])]),
    table.firm?.some(known) && make("td", { class: "number" }, [numberOrDash(table.firm[at])]),
    table.residents_10_24?.some(known) && make("td", { class: "number" }, [numberOrDash(table.residents_10_24[at])]),
  ]);
}

const teamMark = () => (app.data.plan.resource === "teams" ? "team" : "reached");

// Wards that the name does not already say, and the district where it is not the name's.
function placeWards(at) {
  const { name, wards, district } = placesOf();
  const told = wards[at].split(", ").filter((ward) => !name[at].includes(ward));
  const where = name[at].startsWith(district[at]) ? "" : district[at];
  return [told.join(", "), where].filter(Boolean).join("; ");
}

function hoverPlace(place) {
  app.hoveredPlace = place;
  app.areas?.redrawFocus();
}

function choosePlace(place) {
  move(() => update("place", { place, area: null, tab: "area" }), areasOfPlace(place));
  byId("panel-area").scrollTop = 0;
  showCard(true);
}

// The card of a place: what a team would find there.
function placeCard(place) {
  const table = placesOf();
  const at = place - 1;
  const members = areasOfPlace(place).sort(SORTS.rank);
  const clear = make("button", { type: "button", class: "link small", on: { click: closeProfile } }, ["Close"]);
  return [
    make("div", { class: "row spread" }, [make("h2", { id: "profile-name", tabindex: "-1" }, [`${place}. ${table.name[at]}`]), clear]),
    make("p", { class: "small quiet" }, [[table.wards[at], table.district[at]].filter(Boolean).join("; ")]),
    make("dl", { class: "facts" }, placeFacts(at).map(([term, value]) => make("div", {}, [make("dt", {}, [term]), make("dd", {}, [value])]))),
    make("p", { class: "sentence" }, [placeSentence(place)]),
    ...(table.factors[at] ? [make("h3", {}, ["Hot for, in so many areas"]), make("ul", { class: "plain-list" }, table.factors[at].split("; ").map((text) => make("li", {}, [text])))] : []),
    ...servicesBlock(at),
    make("h3", {}, [members.length === 1 ? "The area" : "The areas"]),
    make("ul", { class: "plain-list" }, members.map((i) => make("li", {}, [areaLink(i), make("span", { class: "quiet" }, [` ${[placeWords(i), sureWords(i)].filter(Boolean).join(", ")}`])]))),
    make("p", {}, [make("a", { href: `profiles/place-${place}.html` }, ["The page of this place"])]),
    ...limitsBlock(),
  ];
}

function placeFacts(at) {
  const table = placesOf();
  return [
    ["Areas", whole.format(table.areas[at])],
    ["Firm", known(table.firm?.[at]) ? whole.format(table.firm[at]) : ""],
    ["Aged 10 to 24", known(table.residents_10_24?.[at]) ? whole.format(table.residents_10_24[at]) : ""],
    ["Residents", known(table.residents?.[at]) ? whole.format(table.residents[at]) : ""],
    ["Hot only with neighbours, or next door", table.next_door?.[at] ? areasWord(table.next_door[at]) : ""],
  ].filter(([, value]) => value !== "");
}

function placeSentence(place) {
  const again = placesOf().again?.[place - 1];
  const { amount } = currentStep();
  const reached = isReached(place) ? `Reached with ${amount}.` : `Not reached with ${amount}.`;
  const planned = new Set(app.data.plan.steps[app.data.plan.now][3]).has(place);
  const words = planned ? "chooses it again" : "would choose it";
  return known(again) ? `${reached} The plan of ${app.data.plan.steps[app.data.plan.now][0]} ${words} in ${repeatsOf(again)} of 100 repeats.` : reached;
}

function servicesBlock(at) {
  const kinds = Object.entries(app.data.plan.services);
  if (!kinds.length) return [];
  return [make("h3", {}, ["There already, nearby"]), make("ul", { class: "plain-list" }, kinds.map(([kind, numbers]) => make("li", {}, [`${upperFirst(kind)}: ${whole.format(numbers[at])}`])))];
}

function placesCsv() {
  const table = placesOf();
  const columns = { place: placeNumbers(), ...table };
  const names = Object.keys(columns).filter((name) => columns[name].some(known));
  const reached = (place) => (isReached(place) ? "yes" : "no");
  const lines = listedPlaces().map((place) => [...names.map((name) => csvCell(columns[name][place - 1] ?? "")), reached(place)].join(","));
  return `\ufeff${[[...names, "reached"].join(","), ...lines].join("\r\n")}\r\n`;
}

function listenPlan() {
  const on = (id, event, act) => byId(id).addEventListener(event, act);
  on("fewer", "click", () => update("plan", { team: Math.max(0, app.state.team - 1) }));
  on("more", "click", () => update("plan", { team: Math.min(currentStep().last, app.state.team + 1) }));
  on("spread", "change", (event) => update("plan", { spread: event.target.checked }));
  on("view-places", "click", () => update("list", { view: "places" }));
  on("view-areas", "click", () => update("list", { view: "areas" }));
}
