"""Numbers in the sentences and tables of pages: which the release explains, and which tell."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskindex.allowed import as_text
from riskindex.blocks import slug
from riskindex.forms import Known
from riskindex.groups import profile_kind
from riskindex.outsider import Seen, Text, as_number, is_number, words_of
from riskindex.truth import Truth
from riskindex.wording import Number, Phrases, has_number, is_explained, numbers_of, without

WHOLE = ""
"""The whole study area among the places."""
MOST_DIGITS = 3
"""Digits of a rate or share that a page may show."""
FEW = 100
"""Whole numbers below this are counted of areas, ranks and the like as often as of events."""


class Faulty(NamedTuple):
    """A number that a page should not have, and the text that it is in."""

    text: Text
    written: str
    why: str


@dataclass(frozen=True)
class Pages:
    """What the pages of a release may say in numbers."""

    seen: Seen
    known: Known

    @cached_property
    def of_area(self) -> Mapping[str, frozenset[float]]:
        """Area code to the numbers that the tables give for it."""
        found: dict[str, set[float]] = defaultdict(set)
        for table in self.seen.tables:
            if table.file.endswith(".html") or "area_code" not in table.columns:
                continue
            at = table.columns.index("area_code")
            for row in table.rows:
                found[as_text(row[at])].update(
                    number.value for value in row for number in numbers_of(as_text(value))
                )
        for codes, values in self._lists:
            for code, value in zip(codes, values, strict=False):
                if is_number(value):
                    found[code].add(float(value))
        return {code: frozenset(numbers) for code, numbers in found.items()}

    @cached_property
    def _lists(self) -> list[tuple[list[str], list[Any]]]:
        """Counts of each period in the data of the map."""
        return [
            (document.value["codes"], part.get("observed", []))
            for document in self.seen.documents
            if document.place == "map-data"
            for factor in document.value.get("factors", [])
            for part in factor.get("periods", [])
        ]

    @cached_property
    def _members(self) -> Mapping[str, tuple[frozenset[str], ...]]:
        """Name of a group to its areas; a district and a force may go by one name."""
        found: dict[str, list[frozenset[str]]] = defaultdict(list)
        found[WHOLE].append(frozenset(self.known.codes))
        for of in self.known.groups.values():
            members: dict[str, set[str]] = defaultdict(set)
            for code, group in of.items():
                members[group].add(code)
            for group, codes in members.items():
                found[group].append(frozenset(codes))
        return {group: tuple(sets) for group, sets in found.items()}

    @cached_property
    def of_place(self) -> Mapping[str, frozenset[float]]:
        """Group to numbers of its areas: how many, residents, how many of each class."""
        found: dict[str, set[float]] = {}
        of_area: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for name, sets in self._members.items():
            found[name] = {0.0, *(float(len(codes)) for codes in sets)}
            for number, inside in enumerate(sets):
                for code in inside:
                    of_area[code].append((name, number))
        for codes, values in (*self._classes, self._hot_for_any):
            placed = Counter(
                (group, word)
                for code, word in zip(codes, values, strict=True)
                for group in of_area.get(code, ())
            )
            people: dict[tuple[str, int], float] = defaultdict(float)
            for ((name, which), word), number in placed.items():
                found[name].add(float(number))
                people[name, which] += number * large if (large := as_number(word)) > FEW else 0.0
            for (name, _), living in people.items():
                found[name].add(living)
        found[WHOLE] |= {number.value for text in self._in_workbook for number in numbers_of(text)}
        found[WHOLE] |= self._shared
        found[WHOLE].add(self._living_in_selected)
        return {name: frozenset(numbers) for name, numbers in found.items()}

    @cached_property
    def _hot(self) -> tuple[list[str], NDArray[np.bool_]]:
        """Areas; and whether each is selected and is hot for each factor, shape (areas, 1 + k)."""
        table = next((t for t in self.seen.tables if t.file == "areas.gpkg"), None)
        if table is None or not {"area_code", "selected"} <= set(table.columns):
            return [], np.zeros((0, 1), dtype=bool)
        hot = [at for at, head in enumerate(table.columns) if head.endswith("_is_hot")]
        flags = [table.columns.index("selected"), *hot]
        told = [[as_text(row[at]) in _YES for at in flags] for row in table.rows]
        codes = [as_text(row[table.columns.index("area_code")]) for row in table.rows]
        return codes, np.array(told, dtype=bool).reshape(len(codes), len(flags))

    @property
    def _hot_for_any(self) -> tuple[list[str], list[str]]:
        codes, hot = self._hot
        return codes, hot[:, 1:].any(axis=1).astype(str).tolist()

    @property
    def _shared(self) -> set[float]:
        """Areas that are hot for two factors at once, and selected ones that are hot for one."""
        hot = self._hot[1].astype(np.int64)
        return set((hot.T @ hot).ravel().astype(float).tolist())

    @property
    def _in_workbook(self) -> Iterator[str]:
        """Cells of the sheets about the whole study area, whose forms are looked at elsewhere."""
        for table in self.seen.tables:
            if table.file == "workbook.xlsx" and "Area code" not in table.columns:
                yield from (as_text(value) for row in table.rows for value in row)

    @property
    def _living_in_selected(self) -> float:
        """Residents of the areas of the list."""
        top = next((t for t in self.seen.tables if t.file == "top_areas.csv"), None)
        if top is None or "residents" not in top.columns:
            return 0.0
        people = [as_number(row[top.columns.index("residents")]) for row in top.rows]
        return sum(number for number in people if not math.isnan(number))

    @cached_property
    def _classes(self) -> list[tuple[list[str], list[str]]]:
        """Columns of classes, and the signs of the map, with the areas that they belong to."""
        found = []
        for table in self.seen.tables:
            if table.file in ("all_areas.csv", "areas.gpkg") and "area_code" in table.columns:
                codes = [as_text(row[table.columns.index("area_code")]) for row in table.rows]
                for at, head in enumerate(table.columns):
                    values = [as_text(row[at]) for row in table.rows]
                    if head == "residents" or len(set(values)) <= CLASSES:
                        found.append((codes, values))
        for document in self.seen.documents:
            if document.place == "map-data":
                for factor in document.value.get("factors", []):
                    parts = [*factor.get("periods", []), factor.get("years", {})]
                    signs = [v for part in parts for v in part.values() if isinstance(v, str)]
                    history = (factor.get("years", {}).get("category") or {}).get("of", [])
                    columns = [*map(list, signs), list(map(str, history))]
                    whole = [c for c in columns if len(c) == len(document.value["codes"])]
                    found += [(document.value["codes"], column) for column in whole]
        return found

    @cached_property
    def _places(self) -> Mapping[str, str]:
        return {slug(group): group for group in self._members if group}

    @cached_property
    def _names(self) -> Phrases:
        return Phrases(self.known.every_code | self.known.every_name)

    @cached_property
    def _groups(self) -> Phrases:
        return Phrases(self._members)

    def areas_in(self, text: str) -> list[str]:
        """Codes of the areas that a text names."""
        code_of = self.known.code_of
        return list(dict.fromkeys(code_of.get(n, n) for _, n in self._names.in_turn(text)))

    def places_in(self, text: Text) -> list[str]:
        """Groups that a text or the name of its page is about, and the whole."""
        found = [*self.own_place(text.file), *self._groups.all_in(text.text)]
        return [WHOLE, *dict.fromkeys(found)]

    def own_place(self, file: str) -> list[str]:
        """The group that a page is about, by the name of its file."""
        page = re.search(r"district-([\w-]+)\.html", file)
        return [self._places[page[1]]] if page and page[1] in self._places else []

    def faults(self) -> Iterator[Faulty]:
        """Numbers that nothing explains: beside an area any, elsewhere large or exact ones."""
        for text, numbers in self._open:
            beside_area = len(self.areas_in(text.text)) == 1
            # Rates above 100 are whole numbers; whether they are exact totals is looked at apart.
            rates = {rate for found in _RATE.findall(text.text) for rate in found}
            for number in numbers:
                if number.written in rates and not beside_area:
                    continue
                if why := self._why(number, beside_area=beside_area):
                    yield Faulty(text, number.written, why)
        for text in dict.fromkeys(text for text in self.seen.texts if self._is_read(text)):
            for number in few_events(text.text, self.known, self._untold):
                yield Faulty(text, number.written, "of events, small or of a small place")

    @cached_property
    def _untold(self) -> Phrases:
        """Groups of which a release gives no totals: those that no page is about."""
        told = profile_kind(self.known.kinds)
        groups = {kind: frozenset(of.values()) for kind, of in self.known.groups.items()}
        small = frozenset[str]().union(*(g for kind, g in groups.items() if kind != told))
        return Phrases(small - groups.get(told or "", frozenset()))

    @cached_property
    def _open(self) -> list[tuple[Text, list[Number]]]:
        """Texts of pages, each with its numbers that nothing explains."""
        found = []
        for text in dict.fromkeys(text for text in self.seen.texts if self._is_read(text)):
            if numbers := list(numbers_of(without(self._unranked(text.text), self.known.phrases))):
                explained = self.known.explained.union(
                    *(self.of_area.get(code, frozenset()) for code in self.areas_in(text.text)),
                    *(self.of_place[place] for place in self.places_in(text)),
                )
                left = [number for number in numbers if not is_explained(number, explained)]
                found += [(text, left)] if left else []
        return found

    def _unranked(self, text: str) -> str:
        """A text without ranks among the groups of a release, of which there may be hundreds."""
        return _RANK.sub(lambda f: " " if self._is_rank(f, self._most_groups) else f[0], text)

    @cached_property
    def _most_groups(self) -> int:
        """Groups of the kind that has the most."""
        return max((len(set(of.values())) for of in self.known.groups.values()), default=0)

    @staticmethod
    def _is_rank(found: "re.Match[str]", most: int) -> bool:
        rank, of, *interval = (as_number(part) for part in found.groups(default="0"))
        return max(rank, *interval) <= of <= most

    def _why(self, number: Number, *, beside_area: bool) -> str:
        digits = re.sub(r"\D", "", number.written).strip("0")
        if beside_area:
            return "beside an area"
        if number.after == "%" and number.written.isdigit():
            return ""
        whole = number.value.is_integer()
        large = number.value >= FEW or number.after in EVENTS
        if whole and large and number.value % self.known.rules.rounding:
            return "not rounded"
        return "" if whole or len(digits) <= MOST_DIGITS else "with too many digits"

    @staticmethod
    def _is_read(text: Text) -> bool:
        if not text.file.endswith(".html") or text.place.startswith(("map-data", "map-settings")):
            return False
        if re.fullmatch(r"<\w+[^>]*> (id|href)", text.place):
            return re.fullmatch(_ANCHOR, text.text) is None
        return not text.place.endswith("colours") and re.fullmatch(_MADE_WITH, text.text) is None

    def exact(self, truth: Truth) -> Iterator[Faulty]:
        """Numbers of a place that are its true ones, and not what rounding leaves of them."""
        secrets = cache(partial(self._secrets, truth))
        for text, numbers in self._open:
            for number in numbers:
                if number.after == "%" or (number.value.is_integer() and number.value < FEW):
                    continue
                for place in self.places_in(text):
                    if number.written.replace(",", "") in secrets(place):
                        yield Faulty(text, number.written, f"the exact number of {place or 'all'}")

    def _secrets(self, truth: Truth, place: str) -> frozenset[str]:
        """Exact totals of a place, and rates of them, as they would be printed."""
        base, least = self.known.rules.rounding, self.known.rules.threshold
        found: set[str] = set()
        for codes in self._members[place]:
            inside = truth.counts.index.isin(list(codes) if place else truth.counts.index)
            totals = truth.counts[inside].sum()
            people = float(truth.residents[inside].sum()) if truth.residents is not None else 0.0
            found |= {f"{total:.0f}" for total in totals if total % base and total >= least}
            found |= set(_exact_rates(list(totals), people, base)) if people > 0 else set()
        if place == WHOLE:
            found |= {f"{t:.0f}" for t in truth.totals.values() if t % base and t >= FEW}
        return frozenset(found)


def few_events(text: str, known: Known, untold: Phrases) -> Iterator[Number]:
    """Numbers in a clause about events or persons: small ones, and any of a place without totals.

    Whatever else they may be, too: a tenth is 3, and so may be a number of victims.
    """
    if not has_number(text) or not _OF_EVENTS.search(text):
        return
    told_of = any(untold.in_turn(text))
    for clause in re.split(r"[;!?|]|\.(?=\s|$)", _plain(known.words).replaced(text.lower(), " ")):
        if _OF_EVENTS.search(clause) and not _OF_AREAS.search(clause):
            for number in numbers_of(clause):
                small = told_of or 0 < number.value < known.rules.threshold
                if small and number.after != "%" and not is_explained(number, frozenset()):
                    yield number


@cache
def _plain(words: frozenset[str]) -> Phrases:
    """Names and labels, which may be about events themselves, in small letters."""
    return Phrases(word.lower() for word in words)


_RANK = re.compile(
    r"\brank ([\d,]+) of ([\d,]+)(?: \(the intervals allow ([\d,]+)(?: to ([\d,]+))?\))?"
)
_RATE = re.compile(r"(?<![\d.,])(\d{3}) \((\d{3}|\d\d\.\d) to (\d{3})\)(?=$| per 1,000 residents)")
_OF_AREAS = re.compile(r"\b(hot|areas?)\b", re.I)
_OF_EVENTS = re.compile(
    r"\b(events?|victims?|suspects?|offenders?|crimes?|incidents?|persons?|arsons?)\b", re.I
)
EVENTS = words_of(
    "event events record records victim victims suspect suspects offender offenders offence "
    "offences crime crimes incident incidents person persons people fire fires arson arsons "
    "case cases report reports in"
)
"""Words after a number of events: it is rounded, however small."""
_YES = ("True", "1", "yes")
CLASSES = 12
"""Different values of a column that has classes."""
_ANCHOR = r"#?(p\d+|[A-Z]\d{8}|[a-z]+(-[a-z]+)*)|(\.\./)?[\w-]+(/[\w-]+)*\.(html|xlsx|gpkg|csv|png)"
_MADE_WITH = r"Made with [\w-]+ [\w.]+(, [\w-]+ [\w.]+)*\.?"


def _exact_rates(totals: list[float], people: float, base: int) -> Iterator[str]:
    """Rates per 1,000 that only the exact total has, to the digits that a page may print."""
    for total in totals:
        rounded = base * math.floor(total / base + 0.5)
        for digits in (2, 3, 4):
            rates = [f"{1000 * count / people:.{digits}f}" for count in (total, rounded)]
            if total % base and rates[0] != rates[1] and digits > MOST_DIGITS - 1:
                yield rates[0]
