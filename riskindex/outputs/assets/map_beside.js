// A second layer beside the first, on the right of a line that the reader moves; legends of both below.

// Makes a layer as if it were the one that is chosen.
function layerNamed(name) {
  const shown = app.state.layer;
  app.state.layer = name;
  const layer = shownLayer();
  app.state.layer = shown;
  return layer;
}

function fillBeside() {
  const option = ([value, text]) => make("option", { value }, [text]);
  const groups = layerChoices().map(([label, choices]) => make("optgroup", { label }, choices.map(option)));
  byId("beside").replaceChildren(option(["", "Nothing"]), ...groups);
}

function showBeside() {
  const { beside, split } = app.state;
  const layer = beside ? layerNamed(beside) : null;
  app.beside = layer && { ...pictureOf(layer) };
  byId("beside").value = beside;
  byId("split").hidden = byId("legend-beside").hidden = !layer;
  byId("split").value = String(split);
  byId("split").setAttribute("aria-valuetext", `${split}% from the left`);
  byId("legend").classList.toggle("two", Boolean(layer));
  if (!layer) return;
  byId("beside-title").textContent = `Right: ${layer.title}`;
  byId("beside-rows").replaceChildren(...classRows(layer));
  byId("beside-note").textContent = layer.note ?? "";
  byId("legend-title").textContent = `Left: ${app.layer.title}`;
}

// The part of the sheet to the right of the line has the second picture.
function drawBeside(context, map, bounds, view) {
  if (!app.beside) return;
  const inFrame = [(map.getSize().x * app.state.split) / 100, 0];
  const x = map.containerPointToLayerPoint(inFrame).x - bounds.min.x;
  context.save();
  context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  context.beginPath();
  context.rect(x, 0, view.width - x, view.height);
  context.clip();
  drawMap(context, view, app.drawing, app.beside);
  context.restore();
  context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  context.fillStyle = "#FFFFFF";
  context.fillRect(x - 3, 0, 6, view.height);
  context.fillStyle = INK;
  context.fillRect(x - 1, 0, 2, view.height);
}

function listenBeside() {
  byId("beside").addEventListener("change", (event) => update("beside", { beside: event.target.value }));
  byId("split").addEventListener("input", (event) => {
    app.state.split = Number(event.target.value);
    byId("split").setAttribute("aria-valuetext", `${app.state.split}% from the left`);
    app.areas?.redraw();
  });
}
