"""What a release may hold: per column and key, the form of its values, as a reader can check it."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from riskindex.disclosure import NOT_APPLICABLE
from riskindex.forms import (
    AREA,
    FACTOR,
    FOUND,
    PARTNER_AREA,
    PARTNER_FACTOR,
    PARTNER_FOUND,
    PARTNER_TEST,
    TEST,
    Form,
    Known,
    area_count,
    group_of,
    in_words,
    label_of,
    matches,
    one_of,
    plain_text,
    rounded,
    score_of,
    whole_number,
)
from riskindex.outsider import Document, Seen, Table, Value, as_number, column, leaves
from riskindex.reasons import NOT_ASSESSED_WORDS


class Fault(NamedTuple):
    """A value or column that is not allowed, and where."""

    file: str
    place: str
    what: str


# ---- Files


def area_columns(known: Known) -> dict[str, Form]:
    """Columns of the list and of all areas, under their own names."""
    return {**AREA, **dict.fromkeys(known.kinds, group_of), **_of_partner(PARTNER_AREA, known)}


def found_columns(known: Known) -> dict[str, Form]:
    """Columns of each factor in the GIS file."""
    found = {**FOUND, **_of_partner(PARTNER_FOUND, known)}
    return {f"{factor}_{c}": form for factor in known.factors for c, form in found.items()}


def _of_partner(forms: Mapping[str, Form], known: Known) -> Mapping[str, Form]:
    return forms if known.profile == "partner" else {}


def _layer(known: Known) -> dict[str, Form]:
    return {
        "fid": lambda text, known: text.isdigit() and int(text) <= len(known.codes),
        "geom": lambda text, _: text == "",
        "profile": one_of(known.profile),
        **area_columns(known),
        **found_columns(known),
    }


def _sheet_areas(known: Known) -> dict[str, Form]:
    from riskindex.workbook import HEADINGS

    words = {**HEADINGS, **{kind: kind.replace("_", " ").capitalize() for kind in known.kinds}}
    headed = {words[column]: form for column, form in area_columns(known).items()}
    scores = {f"Score: {label}": score_of for label in known.factors.values()}
    return {**headed, **scores, "Factor": label_of}


def _sheet_factors(known: Known) -> dict[str, Form]:
    forms = {**FACTOR, **_of_partner(PARTNER_FACTOR, known)}
    return {_FACTOR_WORDS[c]: form for c, form in forms.items() if c in _FACTOR_WORDS}


_FACTOR_WORDS = {
    "label": "Factor", "method": "Method", "score": "Score by", "weight": "Weight", "recorded":
    "Recorded", "periods": "Periods", "hot_last": "Areas hot, last period", "null":
    "What the test assumes", "hot_by_period": "Areas hot, by period",
}  # fmt: skip
_TEST_WORDS = {
    "factor": "Factor", "period": "Period", "method": "Method", "correction": "Correction",
    "assessed": "Areas assessed", "not_assessed": "Areas not assessed", "hot": "Areas hot",
    "total": "Total",
}  # fmt: skip


def _sheet_tests(known: Known) -> dict[str, Form]:
    forms = {**TEST, **_of_partner(PARTNER_TEST, known)}
    return {_TEST_WORDS[column]: form for column, form in forms.items() if column in _TEST_WORDS}


def _sheet_new(known: Known) -> dict[str, Form]:
    groups = dict.fromkeys(["District", *(kind.capitalize() for kind in known.kinds)], group_of)
    return {**groups, **dict.fromkeys(known.factors.values(), area_count)}


_PERCENT = matches(r"\d{1,3}%|\[[cxz]\]")
_SHARE = matches(r"-?\d{1,3}%|\[[cxz]\]")  # below zero where a factor runs against the index
_SHEETS: Mapping[str, Mapping[str, Form]] = MappingProxyType({
    "Choices": {
        "Kind": in_words, "Choice": in_words, "Areas selected": area_count, "Entered": area_count,
        "Left": area_count, "Of the list, stays": _PERCENT, "Note": in_words,
    },
    "What matters": {
        "Choice": in_words, "Part in the change": _PERCENT,
        "Interval": matches(r"\d{1,3}% to \d{1,3}%|\[[xz]\]"),
    },
    "Weight and effect": {"Factor": label_of, "Weight": _PERCENT, "Share of the variance": _SHARE},
    "Composition": {
        "Share": in_words, "In the selected areas": _PERCENT, "In the other areas": _PERCENT,
        "In all areas": _PERCENT, "Mean of the selected areas": _PERCENT,
        "Mean of the other areas": _PERCENT,
    },
    "Double counting": {"Factors": in_words, "Why": in_words, "What to do": in_words},
    "Contents": {"Sheet name": in_words, "Table description": in_words},
    "Notes": {"Number": whole_number, "Note": plain_text},
})  # fmt: skip
"""Sheets about the whole study area, and the columns of each."""


Columns = Callable[[Known], dict[str, Form]]


def _columns_of(sheet: str) -> Columns:
    return lambda _: dict(_SHEETS[sheet])


TABLES: tuple[tuple[str, str, Columns], ...] = (
    (r"(all|top)_areas\.csv", r"table", area_columns),
    (r"areas\.gpkg", r"layer areas", _layer),
    (r"workbook\.xlsx", r"sheet (List|All areas|New hotspots)", _sheet_areas),
    (r"workbook\.xlsx", r"sheet Factors", _sheet_factors),
    (r"workbook\.xlsx", r"sheet Tests", _sheet_tests),
    (r"workbook\.xlsx", r"sheet New by district", _sheet_new),
    *((r"workbook\.xlsx", rf"sheet {name}", _columns_of(name)) for name in _SHEETS),
)  # fmt: skip
"""File, place in it, and the columns that it may have."""
FILES = (
    r"(all|top)_areas\.csv|areas\.gpkg|workbook\.xlsx|map\.html|map\.png|report\.html|manifest\.json"
    r"|governance\.(html|md|csv)|profiles|profiles/index\.html|profiles/(district|cluster)-[\w-]+\.html"
)
"""Names of the files of a release."""


def check_tables(seen: Seen, known: Known) -> Iterable[Fault]:
    """Tables, columns and values that the allow-list does not have."""
    for table in seen.tables:
        if table.file.endswith(".html"):
            yield from _check_page_table(table, known)
            continue
        columns = next(
            (make(known) for file, place, make in TABLES
             if re.fullmatch(file, table.file) and re.fullmatch(place, table.place)), None
        )  # fmt: skip
        if columns is None:
            yield Fault(table.file, table.place, f"a table that no release has: {table.columns}")
            continue
        for name in table.columns:
            form = columns.get(name)
            place = f"{table.place}, column {name}"
            if form is None:
                yield Fault(table.file, place, "a column that the profile does not have")
            elif not _says_nothing(table) and (wrong := _wrong(column(table, name), form, known)):
                shown = ", ".join(repr(text) for text in wrong[:3])
                yield Fault(table.file, place, f"{len(wrong):,} values of another form: {shown}")
        if len(set(table.columns)) < len(table.columns):
            yield Fault(table.file, table.place, "a column that is there twice")


def _says_nothing(table: Table) -> bool:
    """Whether it is the one line that a workbook has in place of no line."""
    return all(value == NOT_APPLICABLE for row in table.rows for value in row)


_COUNTS = re.compile(
    r"\b(events|records|counts?|totals?|victims|suspects|offences|observed)\b", re.I
)


def _check_page_table(table: Table, known: Known) -> Iterator[Fault]:
    """Columns of a page that are headed as counts hold rounded ones."""
    for name in dict.fromkeys(table.columns):
        if _COUNTS.search(name) and name not in known.factors.values():
            wrong = [text for text in _wrong(column(table, name), rounded, known)
                     if not math.isnan(as_number(text))]  # fmt: skip
            if wrong:
                place, shown = f"{table.place}, column {name}", ", ".join(map(repr, wrong[:3]))
                yield Fault(table.file, place, f"{len(wrong):,} values of another form: {shown}")


def _wrong(values: Sequence[Value], form: Form, known: Known) -> list[str]:
    return [text for text in dict.fromkeys(as_text(value) for value in values)
            if not form(text, known)]  # fmt: skip


def as_text(value: Value) -> str:
    """A cell as text: whole numbers without a point, others with every digit."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


# ---- JSON


def check_document(document: Document, known: Known) -> Iterator[Fault]:
    """Keys that the allow-list does not have, and values of another form, in JSON.

    Notes
    -----
    Values in lists of one kind are reported together, by the first.
    """
    forms = DOCUMENTS.get(document.place or document.file, ())
    values: dict[str, dict[str, None]] = {}
    for path, value in leaves(document.value):
        values.setdefault(re.sub(r"/\d+(?=/|$)", "/*", path), {})[as_text(value)] = None
    for path, texts in values.items():
        form = next((form for pattern, form in forms if re.fullmatch(pattern, path)), None)
        if form is None:
            what = f"a key that the profile does not have: {next(iter(texts))[:60]!r}"
            yield Fault(document.file, f"{document.place} {path}".strip(), what)
        elif wrong := [text for text in texts if not form(text, known)]:
            shown = ", ".join(repr(text[:60]) for text in wrong[:3])
            what = f"{len(wrong):,} values of another form: {shown}"
            yield Fault(document.file, f"{document.place} {path}".strip(), what)


_HOW_SURE = (
    r"|In [\d,]+ repeats, [\d,]+ areas? of the [\d,]+ on the list (is|are) firm "
    r"\(selected in 95 of 100 or more\) and [\d,]+ areas? borderline; "
    r"[\d,]+ areas? off the list (is|are) borderline too\. "
    r"A repeat selects \d{1,3}% of the list again\."
    r"|The list is empty\. In [\d,]+ repeats, [\d,]+ areas? off the list (is|are) borderline\."
)
_RULE = (
    r"\d{1,3}(\.\d{1,6})?% of the [\d,]+ areas? assessed is [\d,.]+"
    r"(, rounded [a-z, ]+ to [\d,]+)?|[\d,]+ areas?, a fixed number"
    r"|areas that score [\d.]+ or more: [\d,]+"
)
_FREE: Form = lambda *_: True  # noqa: E731 (a form like the others; its numbers are looked at)
MANIFEST: tuple[tuple[str, Form], ...] = (
    (r"/(title|data_period|place)|/(limits|attribution|notes)/\*", _FREE),
    (r"/how_sure", matches(_HOW_SURE)),
    (r"/profile", lambda text, known: text == known.profile),
    (r"/versions/[\w-]+", matches(r"[\w.+-]{1,40}|not installed")),
    (r"/selection/rule", matches(_RULE)),
    (r"/selection/explanation", _FREE),
    (r"/selection/score_at_cut", one_of("", "None")),
    (r"/selection/\w+", area_count),
    (r"/tied_by_flags_alone", area_count),
    *((rf"/tests/\*/{name}", form) for name, form in {**TEST, **PARTNER_TEST}.items()),
    (r"/inputs/\*/(role|name)", _FREE),
    (r"/config/(title|place|about)|/config/factors/\*/(name|label)", _FREE),
    *((rf"/config/factors/\*/{name}", form) for name, form in FACTOR.items()),
    (r"/config/(index|selection|neighbours|periods|robustness)/.*", _FREE),
    (r"/outputs/\*/name", matches(FILES)),
    (r"/outputs/\*/bytes", matches(r"\d{1,12}")),
    (r"/outputs/\*/sha256", matches(r"[0-9a-f]{64}")),
)
"""Path in the manifest to the form of its value; numbers in free text are looked at as text."""


def _signs(alphabet: str) -> Form:
    pattern = re.compile(f"[{alphabet}]*")
    return lambda text, known: len(text) == len(known.codes) and pattern.fullmatch(text) is not None


MAP: tuple[tuple[str, Form], ...] = (
    (r"/(title|place|period|period_words/\*|mark|place_kind|whole|weights_found)", in_words),
    (r"/(limits|attribution|notes|marks)/.*", in_words),
    (r"/how_sure", matches(_HOW_SURE)),
    (r"/profile", lambda text, known: text == known.profile),
    (r"/codes/\*", AREA["area_code"]),
    (r"/groups/[^/]+/labels/\*", group_of),
    (r"/groups/[^/]+/of/\*", area_count),
    *((rf"/columns/{name}/\*", form) for name, form in {**AREA, **PARTNER_AREA}.items()),
    (r"/cut/(assessed|target)", area_count),
    (r"/cut/score_at_cut", one_of("", "None")),
    (r"/cut/(explanation|rule)", in_words),
    (r"/(index|selection)/.*", _FREE),
    (r"/factors/\*/name", lambda text, known: text in known.factors),
    (r"/factors/\*/(group|weighted)", in_words),
    *((rf"/factors/\*/{name}", form) for name, form in FACTOR.items()),
    (r"/factors/\*/scores/(score|intensity)/\*", score_of),
    (r"/factors/\*/(periods/\*/period|spans/\*)", TEST["period"]),
    (r"/factors/\*/periods/\*/hot", _signs("0-3-")),
    (r"/factors/\*/periods/\*/is_hot", _signs("01")),
    (r"/factors/\*/periods/\*/kind", _signs("obn.")),
    (r"/factors/\*/periods/\*/why/labels/\*", one_of(*NOT_ASSESSED_WORDS.values())),
    (r"/factors/\*/periods/\*/why/of", _signs("0-9-")),
    (r"/factors/\*/periods/\*/observed/\*", rounded),
    (r"/factors/\*/years/(band|new|hot|assessed)", _signs("0-9a-z-")),
    (r"/factors/\*/years/category/labels/\*", PARTNER_FOUND["category"]),
    (r"/factors/\*/years/category/of/\*", area_count),
)
"""Path in the data of the map to the form of its values."""
_SETTINGS: tuple[tuple[str, Form], ...] = (
    (r"/bounds/\*", matches(r"-?\d{1,3}(\.\d{1,5})?")),
    (r"/grid/(west|south|steps)", matches(r"-?\d{1,8}")),
)
DOCUMENTS: Mapping[str, tuple[tuple[str, Form], ...]] = MappingProxyType({
    "manifest.json": MANIFEST, "map-data": MAP, "map-settings": _SETTINGS,
})  # fmt: skip
"""JSON of a release, by its file or its block in a page, and what each path may hold."""
