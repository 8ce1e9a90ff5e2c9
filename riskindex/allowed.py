"""What a release may hold: per column and key, the form of its values, as a reader can check it."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from riskindex.categories import CATEGORY_TABLES
from riskindex.disclosure import BANDS_OF_PERIODS, MARKS, NOT_APPLICABLE, NOT_RECORDED, Rules
from riskindex.outsider import Document, Seen, Table, Value, as_number, column, leaves
from riskindex.scores import CONFIDENCE_SCORES
from riskindex.wording import Phrases, has_number, told, without
from riskindex.words import bare


@dataclass(frozen=True, kw_only=True)
class Known:
    """What anybody knows of a release: its areas, their names and groups, its factors."""

    profile: str
    codes: tuple[str, ...]
    names: Mapping[str, str]
    """Area code to name."""
    groups: Mapping[str, Mapping[str, str]]
    """Kind of group to area code to group."""
    factors: Mapping[str, str]
    """Factor to label."""
    periods: tuple[str, ...]
    kinds: tuple[str, ...]
    """Columns that are groups."""
    texts: frozenset[str]
    """Title, notes and other sentences of the manifest."""
    explained: frozenset[float] = frozenset()
    """Numbers that texts may repeat: how many areas there are, levels, the rules."""
    rules: Rules = field(default_factory=Rules)
    bands: frozenset[str] = frozenset()
    """Bands of ranks that a release of so many areas has."""
    own: tuple[str, ...] = ()
    """Title, place, purpose and attribution, in the words of whoever publishes."""

    @cached_property
    def words(self) -> frozenset[str]:
        """Names, codes, labels, periods and marks, whose numbers are no numbers of anything."""
        found = {*self.codes, *self.every_name, *self.every_group, *self.factors.values(),
                 *self.factors, *self.periods, *self.own, *MARKS}  # fmt: skip
        return frozenset(found - {""})

    @cached_property
    def phrases(self) -> Phrases:
        """Those of the words that hold a number."""
        return Phrases(word for word in self.words if has_number(word))

    @cached_property
    def every_name(self) -> frozenset[str]:
        """Names of areas."""
        return frozenset(self.names.values())

    @cached_property
    def every_group(self) -> frozenset[str]:
        """Names of groups of any kind."""
        return frozenset(group for of in self.groups.values() for group in of.values())


Form = Callable[[str, Known], bool]
"""Whether a value, as text, has the form that a column allows."""


class Fault(NamedTuple):
    """A value or column that is not allowed, and where."""

    file: str
    place: str
    what: str


# ---- Forms


def _matches(pattern: str) -> Form:
    compiled = re.compile(pattern)
    return lambda text, _: compiled.fullmatch(text) is not None


def _one_of(*words: str) -> Form:
    return lambda text, _: text in words or text in MARKS


def rounded(text: str, known: Known) -> bool:
    """A mark, 0, or a multiple of the rounding that no withheld count rounds to."""
    if text in MARKS or text == "0":
        return True
    number = as_number(text)
    smallest = known.rules.threshold - known.rules.rounding / 2
    return number % known.rules.rounding == 0 and number >= smallest


def _people(text: str, known: Known) -> bool:
    if text in MARKS:
        return True
    number = as_number(text)
    return number == round(number) and number >= known.rules.smallest_denominator


def _whole(text: str, _known: Known) -> bool:
    return text in MARKS or re.fullmatch(r"\d{1,7}", text) is not None


def _area_count(text: str, known: Known) -> bool:
    return text in MARKS or (text.isdigit() and int(text) <= len(known.codes))


def _label(text: str, known: Known) -> bool:
    return text in known.factors.values() or text in known.factors


def _plain_text(text: str, known: Known) -> bool:
    return text in known.texts


def _words(text: str, known: Known) -> bool:
    """Words whose numbers the release explains."""
    return not told(without(text, known.phrases), known.explained)


def _name(text: str, known: Known) -> bool:
    return bare(text) in known.every_name


def _group(text: str, known: Known) -> bool:
    return bare(text) in known.every_group


_DETAIL = r"( \((\d\d% sure|in (some|most|every) periods?|score about (0|25|50|75|100) of 100)\))?"


def _reasons(text: str, known: Known) -> bool:
    labels = "|".join(re.escape(label) for label in known.factors.values())
    sentence = rf"(Hot|High|Possibly hot|Not assessed): ({labels})(; ({labels}))*{_DETAIL}\."
    return text in MARKS or re.fullmatch(rf"({sentence}( (?=\S)|$))*", text) is not None


SCORES = (0.0, 25.0, 50.0, 75.0, 100.0, *CONFIDENCE_SCORES.values(),
          *(score for _, _, score in BANDS_OF_PERIODS))  # fmt: skip
"""Scores of the bands; a partner also sees hundredths of the periods assessed."""


def _score(text: str, known: Known) -> bool:
    allowed = set(SCORES)
    if known.profile == "partner":
        for most in range(1, len(known.periods) + 1):
            allowed |= {100 * k / most for k in range(most + 1)}
            allowed |= {100 * (k / most) for k in range(most + 1)}
    # A workbook keeps 16 digits: a share that is no whole number has two spellings, no more.
    allowed |= {float(f"{score:.16G}") for score in allowed}
    return text in MARKS or text == "" or as_number(text) in allowed


def _weight(text: str, _known: Known) -> bool:
    return text in MARKS or re.fullmatch(r"\d{1,6}(\.\d{1,4}|\.\d*[0-9]{3,17})?", text) is not None


def _share(text: str, _known: Known) -> bool:
    return text in MARKS or re.fullmatch(r"|0|1|0?\.\d{1,4}", text) is not None


def _periods(text: str, known: Known) -> bool:
    return text in MARKS or all(part in known.periods for part in text.split(", "))


def _few(text: str, known: Known) -> bool:
    return text in ("", *MARKS) or (text.isdigit() and int(text) <= max(len(known.periods), 12))


def _few_each(text: str, known: Known) -> bool:
    return text in MARKS or all(_area_count(part, known) for part in text.split(", "))


_YES = _one_of("True", "False", "yes", "no", "0", "1", "")
_METHODS = _one_of("window", "getis-ord", "poisson", "threshold", "value")
_KINDS = _one_of("own", "neighbourhood", "both", "")


def _null(text: str, _known: Known) -> bool:
    """Words, and numbers of the whole study area to at most four digits."""
    digits = [re.sub(r"\D", "", found).strip("0") for found in re.findall(r"[\d.]+", text)]
    return all(len(found) <= 4 for found in digits)


_CATEGORIES = frozenset(rule.category for table in CATEGORY_TABLES.values() for rule in table)

AREA: Mapping[str, Form] = MappingProxyType({
    "area_code": lambda text, known: text in known.names,
    "name": _name,
    "decile": _matches(r"|10|[1-9]|\[x\]"),
    "rank_band": lambda text, known: text in known.bands or text == NOT_RECORDED,
    "factors_hot": lambda text, known: text in MARKS or (
        text.isdigit() and int(text) <= len(known.factors)
    ),
    "selected": _YES,
    "tier": _one_of("firm", "borderline", "out", ""),
    "reasons": _reasons,
    "residents": _people,
})  # fmt: skip
"""Columns of the list and of all areas; groups go by their own names."""
PARTNER_AREA: Mapping[str, Form] = MappingProxyType({
    "p_selected": _matches(r"[01](\.0)?|0\.[1-9]|\[x\]")
})  # fmt: skip
FOUND: Mapping[str, Form] = MappingProxyType({
    "score": _score,
    "observed": rounded,
    "confidence": _one_of("0", "90", "95", "99", ""),
    "is_hot": _YES,
    "periods_band": _one_of(*(word for _, word, _ in BANDS_OF_PERIODS), ""),
})  # fmt: skip
"""Columns of a factor in the GIS file, after its name."""
PARTNER_FOUND: Mapping[str, Form] = MappingProxyType({
    "kind": _KINDS,
    "periods_hot": _few,
    "periods_assessed": _few,
    "category": lambda text, _: text in _CATEGORIES or text in ("", *MARKS),
})  # fmt: skip
"""What a partner sees beside `FOUND`."""
FACTOR: Mapping[str, Form] = MappingProxyType({
    "label": _label,
    "method": _METHODS,
    "score": _one_of("flag", "confidence", "persistence", "intensity", "value", "threshold", ""),
    "weight": _weight,
    "scored": _YES,
    "recorded": _one_of("reported", "police-generated"),
    "sensitive": _YES,
    "periods": _periods,
    "threshold": _share,
    "level": _share,
    "null": _null,
    "hot_last": _area_count,
})  # fmt: skip
PARTNER_FACTOR: Mapping[str, Form] = MappingProxyType({"hot_by_period": _few_each})
TEST: Mapping[str, Form] = MappingProxyType({
    "factor": _label,
    "period": lambda text, known: text in known.periods or text in MARKS or text == "",
    "method": _METHODS,
    "null": _null,
    "correction": _one_of("benjamini-hochberg", "benjamini-yekutieli", "bonferroni", "none", ""),
    "assessed": _area_count,
    "not_assessed": _area_count,
    "hot": _area_count,
})  # fmt: skip
PARTNER_TEST: Mapping[str, Form] = MappingProxyType({"total": rounded})


# ---- Files


def area_columns(known: Known) -> dict[str, Form]:
    """Columns of the list and of all areas, under their own names."""
    return {**AREA, **dict.fromkeys(known.kinds, _group), **_of_partner(PARTNER_AREA, known)}


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
        "profile": _one_of(known.profile),
        **area_columns(known),
        **found_columns(known),
    }


def _sheet_areas(known: Known) -> dict[str, Form]:
    from riskindex.workbook import HEADINGS

    words = {**HEADINGS, **{kind: kind.replace("_", " ").capitalize() for kind in known.kinds}}
    headed = {words[column]: form for column, form in area_columns(known).items()}
    scores = {f"Score: {label}": _score for label in known.factors.values()}
    return {**headed, **scores, "Factor": _label}


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
    groups = dict.fromkeys(["District", *(kind.capitalize() for kind in known.kinds)], _group)
    return {**groups, **dict.fromkeys(known.factors.values(), _area_count)}


_PERCENT = _matches(r"\d{1,3}%|\[[cxz]\]")
_SHARE = _matches(r"-?\d{1,3}%|\[[cxz]\]")  # below zero where a factor runs against the index
_SHEETS: Mapping[str, Mapping[str, Form]] = MappingProxyType({
    "Choices": {
        "Kind": _words, "Choice": _words, "Areas selected": _area_count, "Entered": _area_count,
        "Left": _area_count, "Of the list, stays": _PERCENT, "Note": _words,
    },
    "What matters": {
        "Choice": _words, "Part in the change": _PERCENT,
        "Interval": _matches(r"\d{1,3}% to \d{1,3}%|\[[xz]\]"),
    },
    "Weight and effect": {"Factor": _label, "Weight": _PERCENT, "Share of the variance": _SHARE},
    "Composition": {
        "Share": _words, "In the selected areas": _PERCENT, "In the other areas": _PERCENT,
        "In all areas": _PERCENT, "Mean of the selected areas": _PERCENT,
        "Mean of the other areas": _PERCENT,
    },
    "Double counting": {"Factors": _words, "Why": _words, "What to do": _words},
    "Contents": {"Sheet name": _words, "Table description": _words},
    "Notes": {"Number": _whole, "Note": _plain_text},
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
    (r"/how_sure", _matches(_HOW_SURE)),
    (r"/profile", lambda text, known: text == known.profile),
    (r"/versions/[\w-]+", _matches(r"[\w.+-]{1,40}|not installed")),
    (r"/selection/rule", _matches(_RULE)),
    (r"/selection/explanation", _FREE),
    (r"/selection/score_at_cut", _one_of("", "None")),
    (r"/selection/\w+", _area_count),
    (r"/tied_by_flags_alone", _area_count),
    *((rf"/tests/\*/{name}", form) for name, form in {**TEST, **PARTNER_TEST}.items()),
    (r"/inputs/\*/(role|name)", _FREE),
    (r"/config/(title|place|about)|/config/factors/\*/(name|label)", _FREE),
    *((rf"/config/factors/\*/{name}", form) for name, form in FACTOR.items()),
    (r"/config/(index|selection|neighbours|periods|robustness)/.*", _FREE),
    (r"/outputs/\*/name", _matches(FILES)),
    (r"/outputs/\*/bytes", _matches(r"\d{1,12}")),
    (r"/outputs/\*/sha256", _matches(r"[0-9a-f]{64}")),
)
"""Path in the manifest to the form of its value; numbers in free text are looked at as text."""


def _signs(alphabet: str) -> Form:
    pattern = re.compile(f"[{alphabet}]*")
    return lambda text, known: len(text) == len(known.codes) and pattern.fullmatch(text) is not None


MAP: tuple[tuple[str, Form], ...] = (
    (r"/(title|place|period|period_words/\*|mark|place_kind|whole|weights_found)", _words),
    (r"/(limits|attribution|notes|marks)/.*", _words),
    (r"/how_sure", _matches(_HOW_SURE)),
    (r"/profile", lambda text, known: text == known.profile),
    (r"/codes/\*", AREA["area_code"]),
    (r"/groups/[^/]+/labels/\*", _group),
    (r"/groups/[^/]+/of/\*", _area_count),
    *((rf"/columns/{name}/\*", form) for name, form in {**AREA, **PARTNER_AREA}.items()),
    (r"/cut/(assessed|target)", _area_count),
    (r"/cut/score_at_cut", _one_of("", "None")),
    (r"/cut/(explanation|rule)", _words),
    (r"/(index|selection)/.*", _FREE),
    (r"/factors/\*/name", lambda text, known: text in known.factors),
    (r"/factors/\*/(group|weighted)", _words),
    *((rf"/factors/\*/{name}", form) for name, form in FACTOR.items()),
    (r"/factors/\*/scores/(score|intensity)/\*", _score),
    (r"/factors/\*/(periods/\*/period|spans/\*)", TEST["period"]),
    (r"/factors/\*/periods/\*/hot", _signs("0-3-")),
    (r"/factors/\*/periods/\*/is_hot", _signs("01")),
    (r"/factors/\*/periods/\*/kind", _signs("obn.")),
    (r"/factors/\*/periods/\*/observed/\*", rounded),
    (r"/factors/\*/years/(band|new|hot|assessed)", _signs("0-9a-z-")),
    (r"/factors/\*/years/category/labels/\*", PARTNER_FOUND["category"]),
    (r"/factors/\*/years/category/of/\*", _area_count),
)
"""Path in the data of the map to the form of its values."""
_SETTINGS: tuple[tuple[str, Form], ...] = (
    (r"/bounds/\*", _matches(r"-?\d{1,3}(\.\d{1,5})?")),
    (r"/grid/(west|south|steps)", _matches(r"-?\d{1,8}")),
)
DOCUMENTS: Mapping[str, tuple[tuple[str, Form], ...]] = MappingProxyType({
    "manifest.json": MANIFEST, "map-data": MAP, "map-settings": _SETTINGS,
})  # fmt: skip
"""JSON of a release, by its file or its block in a page, and what each path may hold."""
