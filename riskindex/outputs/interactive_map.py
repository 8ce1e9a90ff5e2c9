"""The map: one HTML file that opens offline, with the list, the layers and the reasons in it."""

import json
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, cast

from riskindex.errors import DataError, DisclosureError, with_article
from riskindex.files.leaflet import inline_leaflet
from riskindex.outputs import pages
from riskindex.outputs.map_data import map_data
from riskindex.outputs.outlines import CodedOutlines, draw_outlines
from riskindex.publication.released import Released

if TYPE_CHECKING:
    import folium
    from branca.element import Element, Figure, MacroElement

SCRIPTS = (
    "map_data.js",
    "map_index.js",
    "map_words.js",
    "map_draw.js",
    "map_labels.js",
    "map_layer.js",
    "map_beside.js",
    "map_list.js",
    "map_search.js",
    "map_plan.js",
    "map_profile.js",
    "map_whatif.js",
    "map_print.js",
    "map_moves.js",
    "map.js",
)
"""The page's own scripts, in the order in which they are joined."""


def build_map(released: Released) -> "folium.Map":
    """A folium map of the index, the selected areas and every factor, with list and panels.

    It needs no network: Leaflet is inside it, and there are no tiles. Add folium layers to it as
    to any folium map, in longitude and latitude; `save_map` then writes it.

    Parameters
    ----------
    released
        What one profile may see; nothing else reaches the page.

    Raises
    ------
    DisclosureError
        It is not a release.
    """
    import folium

    # The one gate before a page: a result that was not released may hold restricted counts.
    if not isinstance(released, Released):
        raise DisclosureError(
            f"A map is built of what was released, not of {with_article(released)}: give "
            'release(result, "internal"), or the profile that the readers have.'
        )
    outlines = draw_outlines(released.areas)
    west, south, east, north = outlines.bounds
    page = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        # Background tiles come from another host, which would learn the area that is looked at, and
        # the page must open offline.
        tiles=None,
        # One canvas for thousands of areas: an element for each makes browsers slow.
        prefer_canvas=True,
        attribution_control=False,
        zoom_snap=0.25,
        # Deeper the simplified outlines would pretend to a house's accuracy.
        max_zoom=17,
    )
    inline_leaflet(page)
    _figure(page).title = pages.escape(released.title)
    _element(released, outlines).add_to(page)
    return page


def write_map(released: Released, path: str | Path) -> None:
    """Write the map of a release as one HTML file that asks for nothing.

    Parameters
    ----------
    released
        What one profile may see.
    path
        The file to write; the same release always gives the same bytes.
    """
    save_map(build_map(released), path)


def save_map(page: "folium.Map", path: str | Path) -> None:
    """Write a map, as built or with layers added, under a policy that forbids any request.

    Parameters
    ----------
    page
        A map from `build_map`.
    path
        The file to write.

    Raises
    ------
    DataError
        A layer that was added needs another host: tiles, or a script from a content network.
    """
    figure = _figure(page)
    figure.render()
    # branca gives every element a random name; steady names make the same bytes of the same
    # release.
    head, body, script = (
        _steady_names(part.render(), figure) for part in (figure.header, figure.html, figure.script)
    )
    html = pages.document(
        title=unescape(figure.title or ""), head=_own_head(head), body=body, script=script
    )
    _refuse_remote(html)
    Path(path).write_text(html, encoding="utf-8", newline="\n")


def _element(released: Released, outlines: CodedOutlines) -> "MacroElement":
    from branca.element import MacroElement
    from jinja2 import Template

    # Inside the function: its base is of folium, which is imported only where a map is made.
    class AreaMap(MacroElement):
        """The list, layers and panels of the page, as one folium element."""

        _template = Template(
            "{% macro header(this, kwargs) %}{{ this.styles }}{% endmacro %}"
            "{% macro html(this, kwargs) %}{{ this.markup }}{% endmacro %}"
            "{% macro script(this, kwargs) %}{{ this.program }}\n"
            "riskindex.start({{ this._parent.get_name() }});{% endmacro %}"
        )

        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]  # branca has no hints here
            self._name = "AreaMap"
            self.styles = pages.style_block(pages.asset("page.css"), pages.asset("map.css"))
            self.markup = _markup(released, outlines)
            self.program = program()

    return AreaMap()


@cache
def program() -> str:
    """The page's script: every part in one scope, with `riskindex` as its only public name."""
    parts = "\n".join(pages.asset(name) for name in SCRIPTS)
    return f'const riskindex = (() => {{\n"use strict";\n{parts}\nreturn {{ start, app }};\n}})();'


def _markup(released: Released, outlines: CodedOutlines) -> str:
    # allow_nan=False: browsers refuse JSON with NaN, and would show an empty map.
    facts = map_data(released)
    packed = json.dumps(facts, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return "\n".join(
        [
            pages.page_head(
                released.title,
                profile=released.profile,
                lead=released.about,
                aside='<button type="button" id="print">Print by district</button>',
            ),
            pages.asset("map.html"),
            pages.data_block("map-settings", {"bounds": outlines.bounds, "grid": outlines.grid}),
            pages.packed_block("map-data", packed.encode("utf-8")),
            pages.packed_block("map-shapes", outlines.coded),
        ]
    )


def _figure(page: "folium.Map") -> "Figure":
    return cast("Figure", page.get_root())


def _own_head(head: str) -> str:
    """Folium's head without its own meta lines: one of them forbids zooming in."""
    return re.sub(r"\s*<meta\b[^>]*>", "", head)


_REMOTE = (
    r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?(?!data:)[^\s>"']+"""
    r"""|\bL\.tileLayer[.\w]*\(\s*["'][^"']+"""
)


def _refuse_remote(html: str) -> None:
    # The policy of the page would block the request in silence, and the reader would see an empty
    # layer.
    remote = re.findall(_REMOTE, html)
    if remote:
        raise DataError(
            f"The map asks for {len(remote)} things from elsewhere (first: {remote[0][:120]}). "
            "A saved map must open offline: leave that layer out, or draw it with folium's "
            "vector layers (CircleMarker, PolyLine, Polygon)."
        )


def _steady_names(html: str, figure: "Figure") -> str:
    """Folium names its elements at random; number them instead, so that bytes repeat."""
    # Numbered in the order of the page, so that the same layers have the same names in every run.
    for number, name in enumerate(dict.fromkeys(_names(figure)), start=1):
        html = html.replace(name, f"{number:04d}")
    return html


def _names(element: "Element") -> Iterator[str]:
    yield element._id
    for part in ("header", "html", "script"):
        if part in vars(element):
            yield from _names(vars(element)[part])
    for child in element._children.values():
        yield from _names(child)
