"""Pages as an outsider reads them: text, tables, drawings, attributes, scripts, packed data."""

import base64
import binascii
import gzip
import re
import zlib
from collections import defaultdict
from functools import cache
from html.parser import HTMLParser
from typing import NamedTuple

from riskindex import outsider
from riskindex.outsider import (
    Document,
    Marked,
    Seen,
    Series,
    Table,
    Text,
    keep_document,
    keep_table,
    words_of,
)
from riskindex.pages import PROFILE_MARKS, digest, print_mark

TAGS = words_of(
    "a abbr b body br button caption circle clippath code col colgroup dd defs desc details div dl "
    "dt em figcaption figure footer g h1 h2 h3 h4 head header html i img input label li line main "
    "marker meta nav noscript ol option p path pattern polygon polyline rect script section select "
    "small span strong style sub summary sup svg table tbody td text textarea tfoot th thead title "
    "tr tspan ul use"
)
"""Elements of the pages of a release."""
ATTRIBUTES = words_of(
    "aria-controls aria-hidden aria-label aria-labelledby aria-describedby aria-live aria-selected "
    "aria-expanded aria-pressed aria-current aria-level aria-multiline autocomplete alt charset "
    "checked class colspan content contenteditable cx cy d dominant-baseline dx dy for height "
    "hidden href http-equiv id lang list max min name open patternunits placeholder points "
    "preserveaspectratio r role rowspan rows rx ry scope selected span spellcheck src step "
    "tabindex text-anchor title transform type value viewbox width x x1 x2 y y1 y2"
)
"""Attributes of these elements; none that holds data, a style or a script."""
_GEOMETRY = ("x", "y", "width", "height", "cx", "cy", "r", "x1", "x2", "y1", "y2", "d", "points")
_WORDS = ("alt", "title", "aria-label", "placeholder", "content", "id", "href", "name", "value")
_BLOCKS = words_of(
    "p li td th h1 h2 h3 h4 figcaption title desc text dt dd summary caption button label option "
    "span div a noscript body textarea"
)
_INLINE = words_of("span a b button")
_VOID = words_of("br img input meta col circle rect use line")
_META = frozenset(("viewport", "referrer", "", "description"))
LONGEST_BAR = 400
"""Numbers in the path of a drawing, above which it is an outline and no bars."""


class Packed(NamedTuple):
    """A block of a page that is no text: its id, its type and its content."""

    name: str
    kind: str
    content: str


def read_page(name: str, content: bytes, seen: Seen) -> None:
    """Every part of a page: what is shown, what is hidden, and what its scripts hold."""
    text = content.decode("utf-8")
    page = _Page(name, seen)
    page.feed(text)
    page.close()
    page.finish()
    for packed in page.packed:
        _unpack(name, packed, seen)


class _Page(HTMLParser):
    def __init__(self, name: str, seen: Seen) -> None:
        super().__init__(convert_charrefs=True)
        self.name, self.seen = name, seen
        self.open: list[tuple[str, str]] = []
        self.packed: list[Packed] = []
        self.blocks: list[list[str]] = [[]]
        self.tables: list[list[list[str]]] = []
        self.made = 0
        self.series: dict[str, list[float]] = defaultdict(list)
        self.marked: dict[str, dict[int, str]] = defaultdict(dict)
        self.drawings = 0
        self.policy = ""
        self.items: dict[int, list[str]] = defaultdict(list)
        self.lists: list[int] = []

    def handle_comment(self, data: str) -> None:
        self.seen.odd(self.name, "the page", f"a comment: {data.strip()[:120]}")
        self.seen.texts.append(Text(self.name, "a comment", data))

    def handle_decl(self, decl: str) -> None:
        if decl.lower() != "doctype html":
            self.seen.odd(self.name, "the page", f"a declaration: {decl[:120]}")

    def unknown_decl(self, data: str) -> None:
        self.seen.odd(self.name, "the page", f"a declaration: {data[:120]}")

    def handle_pi(self, data: str) -> None:
        self.seen.odd(self.name, "the page", f"an instruction: {data[:120]}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if len(given) < len(attrs):
            self.seen.odd(self.name, f"<{tag}>", "an attribute that is there twice")
        self._look_at(tag, given)
        if tag == "svg":
            self.drawings += 1
        if tag == "table":
            self.tables.append([])
        if tag == "tr" and self.tables:
            self.tables[-1].append([])
        if tag in ("ol", "ul"):
            self.made += 1
            self.lists.append(self.made)
        if tag in _BLOCKS:
            self.blocks.append([])
        if tag in ("script", "style"):
            self.packed.append(Packed(given.get("id", ""), f"{tag} {given.get('type', '')}", ""))
        if tag not in _VOID:
            self.open.append((tag, given.get("id", "")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self.open and self.open[-1][0] == tag:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and any(tag == name for name, _ in self.open):
            closed, _ = self.open.pop()
            self._close(closed)
            if closed == tag:
                break

    def _close(self, tag: str) -> None:
        if tag in _BLOCKS and len(self.blocks) > 1:
            words = " ".join("".join(self.blocks.pop()).split())
            if tag in ("td", "th") and self.tables and self.tables[-1]:
                self.tables[-1][-1].append(words)
            elif words:
                self.seen.texts.append(Text(self.name, f"<{tag}>", words))
            if tag == "li" and self.lists:
                self.items[self.lists[-1]].append(words)
            if tag in _INLINE or self._in_cell():
                self.blocks[-1].append(f" {words} ")
        if tag == "table" and self.tables:
            self._keep_table(self.tables.pop())
        if tag in ("ol", "ul") and self.lists:
            self.lists.pop()

    def _in_cell(self) -> bool:
        return any(tag in ("td", "th", "li") for tag, _ in self.open)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] in ("script", "style"):
            last = self.packed[-1]
            self.packed[-1] = last._replace(content=last.content + data)
        else:
            self.blocks[-1].append(data)

    def _look_at(self, tag: str, given: dict[str, str]) -> None:
        where = f"<{tag}{' id=' + given['id'] if 'id' in given else ''}>"
        if given.get("http-equiv", "").lower() == "content-security-policy":
            self.policy = given.pop("content", "")
        if tag not in TAGS:
            self.seen.odd(self.name, where, "an element that no page has")
        for key, value in given.items():
            if key not in ATTRIBUTES:
                self.seen.odd(self.name, where, f"the attribute {key}: {value[:80]}")
            if key not in ATTRIBUTES or key in _WORDS:
                self.seen.texts.append(Text(self.name, f"{where} {key}", value))
        for token in given.get("class", "").split():
            if token not in _classes():
                self.seen.odd(self.name, where, f"the class {token}, which no style sheet has")
        if tag == "meta" and (given.get("name", "") not in _META):
            self.seen.odd(self.name, where, f"{given.get('name')}: {given.get('content', '')[:80]}")
        if given.get("src", "").startswith("data:"):
            self._embedded(where, given["src"])
        self._drawing(tag, given)

    def _embedded(self, where: str, source: str) -> None:
        kind, _, data = source.partition(",")
        try:
            content = base64.b64decode(data, validate=True)
        except binascii.Error:
            self.seen.odd(self.name, where, "data that cannot be read")
            return
        if kind != "data:image/png;base64":
            self.seen.odd(self.name, where, f"data of the kind {kind[:60]}")
            return
        from riskindex.outsider_files import read_picture

        read_picture(self.name, content, self.seen, place=where)

    def _drawing(self, tag: str, given: dict[str, str]) -> None:
        """Lengths and places of what is drawn, row by row of one kind, and classes of areas."""
        kind = f"drawing {self.drawings} {tag} {given.get('class', '')}".strip()
        for key in _GEOMETRY:
            if key in given:
                found = outsider.numbers_in(given[key])
                if len(found) <= LONGEST_BAR:
                    self.series[f"{kind} {key}"].extend(found)
        target = re.fullmatch(r"#[a-z]+(\d+)", given.get("href", ""))
        if tag == "use" and target:
            self.marked[f"drawing {self.drawings}"][int(target[1])] = given.get("class", "")

    def _keep_table(self, lines: list[list[str]]) -> None:
        heads, *rows = [line for line in lines if line] or [[]]
        self.made += 1
        wide = len(heads)
        fitting = [tuple(row[:wide]) + ("",) * (wide - len(row)) for row in rows]
        keep_table(Table(self.name, f"table {self.made}", tuple(heads), list(fitting)), self.seen)
        for row in rows:
            self.seen.texts.append(Text(self.name, f"table {self.made}, a line", " | ".join(row)))

    def finish(self) -> None:
        """Keep what the end of the page completes."""
        rest = " ".join("".join(part for block in self.blocks for part in block).split())
        if rest:
            self.seen.texts.append(Text(self.name, "the page", rest))
        if not _is_policy(self.policy, self.packed):
            self.seen.odd(self.name, "<meta>", "a policy with more than the hashes of its scripts")
        for place, numbers in self.series.items():
            self.seen.series.append(Series(self.name, place, tuple(numbers)))
        for place, classes in self.marked.items():
            self.seen.marked.append(Marked(self.name, place, classes))
        for number, items in self.items.items():
            self.seen.orders.append(Text(self.name, f"list {number}", "\n".join(items)))


def _is_policy(policy: str, packed: list[Packed]) -> bool:
    """Whether a policy allows the page's own scripts and styles, and says nothing else."""
    own = {f"'sha256-{digest(part.content)}'" for part in packed}
    words = set(re.split(r"[ ;]+", policy)) - {""}
    return words <= own | _POLICY_WORDS


_POLICY_WORDS = words_of(
    "default-src script-src style-src img-src base-uri form-action 'none' data:"
)


@cache
def _classes() -> frozenset[str]:
    """Classes that the package's own style sheets, pages and scripts name."""
    from importlib.resources import files

    from riskindex.maps import leaflet_styles

    assets = [e for e in (files("riskindex") / "assets").iterdir() if e.is_file()]
    texts = [entry.read_text(encoding="utf-8") for entry in assets] + [leaflet_styles()]
    named = {found for text in texts for found in re.findall(r"\.([A-Za-z][\w-]*)", text)}
    return frozenset(named | _UNSTYLED)


_UNSTYLED = frozenset(("area", "folium-map", "lvml", *(f"mark-{p}" for p in PROFILE_MARKS)))


def _unpack(name: str, packed: Packed, seen: Seen) -> None:
    place = f"{packed.kind.strip()} {packed.name}".strip()
    if packed.kind == "script application/json":
        value = outsider.load_json(name, place, packed.content, seen)
        keep_document(Document(name, packed.name, value), seen)
    elif packed.kind == "script application/gzip":
        _read_packed(name, packed, seen)
    elif not _is_own(packed):
        seen.odd(name, place, f"a {packed.kind.strip()} that is not ours: {packed.content[:80]!r}")
        seen.texts.append(Text(name, place, packed.content))
        _look_for_packed(name, place, packed.content, seen)


def _read_packed(name: str, packed: Packed, seen: Seen) -> None:
    content = base64.b64decode(packed.content, validate=True)
    unpacker = zlib.decompressobj(wbits=31)
    plain = unpacker.decompress(content)
    if unpacker.unused_data or not unpacker.eof or content[3] or any(content[4:8]):
        seen.odd(name, packed.name, "a name, a time or bytes beside what is packed")
    if base64.b64encode(content).decode("ascii") != packed.content:
        seen.odd(name, packed.name, "signs beside what is packed")
    if packed.name == "map-shapes":
        _look_at_outlines(name, plain, seen)
        return
    value = outsider.load_json(name, packed.name, plain.decode("utf-8"), seen)
    keep_document(Document(name, packed.name, value), seen)


def _look_at_outlines(name: str, coded: bytes, seen: Seen) -> None:
    """The coded outlines hold as many numbers as their rings and points need."""
    numbers, value, shift = [], 0, 0
    for byte in coded:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(value)
            value, shift = 0, 0
    n = numbers[0]
    rings = sum(numbers[1 : n + 1])
    points = sum(numbers[n + 1 : n + 1 + rings])
    if len(numbers) != 1 + n + rings + 2 * points or shift:
        seen.odd(name, "map-shapes", "numbers beside the outlines")


def _look_for_packed(name: str, place: str, text: str, seen: Seen) -> None:
    for found in re.findall(r"[A-Za-z0-9+/]{40,}={0,2}", text):
        try:
            content = base64.b64decode(found + "=" * (-len(found) % 4))
            content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
            seen.texts.append(Text(name, f"{place}, packed", content.decode("utf-8")))
        except (ValueError, OSError, EOFError):
            continue


def _is_own(packed: Packed) -> bool:
    """Whether a script or a style is one of the package's, of Leaflet, or folium's few lines."""
    if packed.kind.startswith("style"):
        rest = packed.content
        for sheet in _own_styles():
            rest = rest.replace(sheet, "")
        return re.sub(_FOLIUM_STYLE, "", rest).strip() == ""
    rest = packed.content
    for script in _own_scripts():
        rest = rest.replace(script, "")
    return packed.kind.strip() == "script" and re.fullmatch(_FOLIUM_SCRIPT, rest) is not None


_FOLIUM_STYLE = (
    r"(?:#map(?:_\d+)?|html, body|\.leaflet-container)\s*\{(?:\s*(?:position|width|height|left|top"
    r"|right|bottom|margin|padding|font-size)\s*:\s*(?:relative|absolute|[\d.]+(?:%|rem)?);?)*\s*\}"
)
_FOLIUM_SCRIPT = (
    r"\s*(?:L_NO_TOUCH = false;\s*L_DISABLE_3D = false;\s*)?"
    r'(?:var map_\d+ = L\.map\(\s*"map_\d+",\s*\{\s*center: \[-?[\d.]+, -?[\d.]+\],'
    r"\s*crs: L\.CRS\.EPSG3857,\s*\.{3}\{(?:\s*\"(?:zoom|zoomControl|preferCanvas|maxZoom|zoomSnap"
    r'|attributionControl)": (?:[\d.]+|true|false),?)*\s*\}\s*\}\s*\);)?'
    r"\s*(?:riskindex\.start\(map_\d+\);)?\s*"
)


@cache
def _own_styles() -> tuple[str, ...]:
    from importlib.resources import files

    from riskindex.maps import leaflet_styles

    sheets = [e for e in (files("riskindex") / "assets").iterdir() if e.name.endswith(".css")]
    marks = (print_mark(profile) for profile in PROFILE_MARKS)
    return (*(entry.read_text(encoding="utf-8") for entry in sheets), leaflet_styles(), *marks)


@cache
def _own_scripts() -> tuple[str, ...]:
    from riskindex.maps import leaflet_script, program

    return (program(), leaflet_script())
