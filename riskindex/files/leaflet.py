"""Leaflet as installed, inside a page, so that a map asks nobody for anything."""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import folium


def inline_leaflet(page: "folium.Map") -> None:
    """Put Leaflet into the head of a folium map, in place of what folium would fetch.

    Parameters
    ----------
    page
        A map that nothing was added to.
    """
    from branca.element import Element, Figure

    # folium would load these from content networks: jQuery, Bootstrap and icons among them.
    page.default_js, page.default_css = [], []
    header = cast(Figure, page.get_root()).header
    header.add_child(Element(f"<script>{leaflet_script()}</script>"), name="leaflet_script")
    header.add_child(Element(f"<style>{leaflet_styles()}</style>"), name="leaflet_styles")


@cache
def leaflet_script() -> str:
    """Leaflet as installed, with its notice, and without the line that points to a source map."""
    # Developer tools would ask for the source map, and the page asks nobody for anything.
    return re.sub(r"\n//# sourceMappingURL=\S+\s*$", "\n", _leaflet_file("leaflet.js"))


@cache
def leaflet_styles() -> str:
    """Leaflet's styles without their pictures, which a page without controls does not show."""
    return re.sub(r"[^;{}]*\burl\([^)]*\)[^;}]*;?", "", _leaflet_file("leaflet.css"))


def _leaflet_file(name: str) -> str:
    from xstatic.pkg import leaflet

    return (Path(leaflet.BASE_DIR) / name).read_text(encoding="utf-8")
