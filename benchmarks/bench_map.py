"""Size of a saved map, and how soon a browser without a network has it ready and redrawn.

    python benchmarks/bench_map.py map.html [more.html]                 maps that are there
    python benchmarks/bench_map.py --boundaries lsoa21.gpkg --code LSOA21CD --district LAD24NM

The second lays generated events and census tables over real areas, runs the preset essex-2022
(seven factors and one that is only mapped) and measures the map of each profile. Needs Chromium.
Times are of the page's own clock: from the start of navigation until the map is painted, and from
the move of a slider until the next frame is; medians, and from the least to the most. On a machine
with other work the least is nearest to the page's own.
"""

import argparse
import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

WATCH = """
window.afterPaint = () => new Promise((done) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    port2.postMessage(0);
}));
window.readyAt = new Promise((resolve) => new MutationObserver((_, watcher) => {
    if (document.documentElement?.dataset.ready !== "yes") return;
    watcher.disconnect();
    afterPaint().then(() => resolve(performance.now()));
}).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-ready"] }));
"""
CHANGE = """
async (times) => {
    const slider = document.getElementById("weight-0");
    const begun = performance.now();
    slider.value = times;
    slider.dispatchEvent(new Event("input"));
    const computed = performance.now();
    await afterPaint();
    return [computed - begun, performance.now() - begun];
}
"""


def measure(browser: Any, path: Path, loads: int) -> dict[str, Any]:
    """Megabytes, milliseconds, and what the page asked for or complained of."""
    asked: list[str] = []
    wrong: list[str] = []
    ready: list[float] = []
    changes: list[list[float]] = []
    for _ in range(loads):
        context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
        page = context.new_page()
        page.add_init_script(WATCH)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(path.as_uri(), timeout=120_000)
        ready.append(page.evaluate("window.readyAt"))
        page.locator("#tab-whatif").click()
        changes += [page.evaluate(CHANGE, times) for times in (2, 0.5, 3, 0, 1.25)]
        context.close()
    return {
        "megabytes": path.stat().st_size / 1e6,
        "ready": ready,
        "computed": [first for first, _ in changes],
        "redrawn": [last for _, last in changes],
        "requests": len([url for url in asked if url != path.as_uri()]),
        "complaints": wrong,
    }


def tell(name: str, found: dict[str, Any]) -> None:
    times = (
        f"{what} {median(found[what]):,.0f} ms ({min(found[what]):,.0f} to {max(found[what]):,.0f})"
        for what in ("ready", "computed", "redrawn")
    )
    print(
        f"{name}: {found['megabytes']:.2f} MB; {'; '.join(times)}; {found['requests']} requests; "
        f"{len(found['complaints'])} console messages",
        *found["complaints"][:3],
        sep="\n  ",
        flush=True,
    )


def drawn_maps(given: argparse.Namespace, folder: Path) -> Iterator[Path]:
    """The maps of a run of the seven factors on generated events over real areas."""
    from riskindex import read_config, release, run
    from riskindex.demo.county import synthetic_county
    from riskindex.demo.write_files import write_county
    from riskindex.outputs.interactive_map import write_map

    county = synthetic_county(boundaries=areas_of(given))
    config = write_county(county, folder / "county")
    text = config.read_text(encoding="utf-8")
    # Repeats of the weights alone give every column of how sure at little cost.
    config.write_text(text.replace("[robustness]", "[robustness]\ncounts = false", 1), "utf-8")
    result = run(read_config(config))
    for profile in ("internal", "partner", "public"):
        path = folder / f"{profile}.html"
        write_map(release(result, profile=profile), path)
        yield path


def areas_of(given: argparse.Namespace) -> Any:
    import geopandas as gpd

    is_parquet = given.boundaries.suffix == ".parquet"
    areas = (gpd.read_parquet if is_parquet else gpd.read_file)(given.boundaries).to_crs(27700)
    areas = areas.rename(columns={given.district: "district"}) if given.district else areas
    return areas.set_index(given.code).sort_index().rename_axis("area_code")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("maps", type=Path, nargs="*")
    parser.add_argument("--boundaries", type=Path)
    parser.add_argument("--code", default="LSOA21CD", help="column with the code")
    parser.add_argument("--district", help="column with the district")
    parser.add_argument("--loads", type=int, default=5)
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        drawn = drawn_maps(given, Path(folder)) if given.boundaries else iter(())
        paths = [path.resolve() for path in (*given.maps, *drawn)]
        running = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        for path in paths:
            tell(path.name, measure(running, path, given.loads))
        running.close()


if __name__ == "__main__":
    main()
