"""An attack on a release: the written files, read as an outsider reads them, against the counts."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from riskindex import allowed, vectors
from riskindex.disclosure import MARKS, Rules
from riskindex.errors import InputError
from riskindex.folder import MANIFEST
from riskindex.forms import Known
from riskindex.group_disclosure import OfGroup, same_areas, same_events, same_persons
from riskindex.known import know
from riskindex.outsider import Seen, Table, Text, as_number, column, read_folder
from riskindex.page_numbers import Faulty, Pages
from riskindex.printed import printed_before, printed_in
from riskindex.recovery import (
    Cell,
    Earlier,
    Recovered,
    narrowest,
    told_cells,
)
from riskindex.stated import Untrue, unsolved, untrue
from riskindex.truth import Truth, truth_of
from riskindex.truth_folder import truth_in
from riskindex.wording import told, without
from riskindex.words import bare

if TYPE_CHECKING:
    from riskindex.ledger import Entry
    from riskindex.released import Result


class Finding(NamedTuple):
    """One thing that should not be in a release."""

    kind: str
    """A word of `KINDS`."""
    file: str
    place: str
    """Sheet, column, element or key."""
    what: str
    """What was found, in words."""
    cell: str = ""
    """Factor, period and area that it tells of, where it is one."""
    low: float = float("nan")
    """Least and greatest number that the cell could still be."""
    high: float = float("nan")

    @property
    def todo(self) -> str:
        """What to do about it."""
        return KINDS[self.kind]


KINDS = {
    "stranger": "leave it out: the profile does not have it",
    "form": "show bands, rounded numbers or a mark there, as the profile does",
    "number": "leave the number out, or round it; the release does not explain it",
    "order": "put the lines in the order of the area codes",
    "told": "band it, or leave it out: it gives the counts, or their order",
    "recovered": "withhold the cell, or drop the total that gives it away",
    "narrow": "band the cell, or drop or round the total that bounds it",
    "untrue": "correct it; where it is right, the attack does not read it as it is meant",
    "group": "withhold the total or the split of the group: all that is in it is the same",
    "private": "leave it out: it is of a private file",
    "shared": "withhold one of the counts in that area, or count each event in one factor",
    "difference": "withhold one of the counts in that area, here or in the earlier release",
}
"""Kind of finding to what to do about it."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What an attack on a release found."""

    profile: str
    """Profile of the release."""
    table: pd.DataFrame
    """One line per finding: kind, file, place, what, cell, low, high, todo."""
    protected: int
    """Counts that nobody may find out; 0 where the truth was not given."""
    recovered: int
    """Protected counts that the files give back exactly."""
    narrowest: int | None
    """Fewest whole numbers that a protected count could still be, as far as was looked: at least
    the width. None without the truth, or where nothing is protected."""
    cells: tuple[Cell, ...] = ()
    """Every protected count with its interval; empty without the truth."""
    unsolved: tuple[str, ...] = ()
    """What was not looked at, in sentences: counts that the truth lacks, flags that were not
    solved."""
    revised: int = 0
    """Numbers and flags of earlier releases that today's counts do not fulfil, and that therefore
    say nothing of them."""

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return len(self.table) == 0

    @property
    def shown(self) -> pd.DataFrame:
        """The first findings of each kind, under headings for a reader."""
        first = self.table.groupby("kind", sort=False).head(MOST_SHOWN)
        where = first["file"] + ": " + first["place"]
        cells = first["cell"].where(first["cell"] == "", " (" + first["cell"] + ")")
        columns = {"Kind": first["kind"], "Where": where, "What": first["what"] + cells,
                   "What to do": first["todo"]}  # fmt: skip
        return pd.DataFrame(columns)

    @property
    def lines(self) -> tuple[str, ...]:
        """One sentence per kind of finding: how many, the first, and what to do."""
        kinds = self.table.groupby("kind", sort=False)
        return tuple(
            f"{len(part):,} x {kind}, first {part['file'].iloc[0]}, {part['place'].iloc[0]}: "
            f"{part['what'].iloc[0]}. {part['todo'].iloc[0].capitalize()}."
            for kind, part in kinds
        )


MOST_SHOWN = 10
"""Findings of each kind on the screen; the table has them all."""


def attack_folder(
    folder: str | Path,
    *,
    truth: "Truth | Result | str | Path | None" = None,
    ledger: "Sequence[Entry] | str | Path | None" = None,
    rules: Rules | None = None,
    width: int | None = None,
) -> Findings:
    """Attack a release as it was written.

    Parameters
    ----------
    folder
        A folder that `run` wrote under the profile partner or public.
    truth
        The run's result, or the folder of its internal result: then it is also measured what
        each number, colour, length and order says about the true counts.
    ledger
        Earlier releases of the same data, which are attacked together with this one.
    rules
        Threshold, rounding and width of the profile; those that the release names where they
        are left out.
    width
        How many whole numbers a protected count must still be able to be; of the rules, if not
        given.

    Returns
    -------
    Findings
        An empty table where nothing was found.

    Raises
    ------
    InputError
        There is no such folder, or it holds no release.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: is not there; name a folder that riskindex run wrote.")
    seen = read_folder(folder)
    known, counts = know(seen, rules), _truth(truth)
    if width is not None:
        known = replace(known, rules=replace(known.rules, width=width))
    if counts is not None:
        known = replace(known, own=tuple(sorted(counts.texts - {""})))
    pages, now = Pages(seen, known), printed_in(seen, known)
    earlier = [Earlier(printed_before(e.tables), e.rules) for e in _earlier(ledger)]
    found = [*_look(seen, known), *map(_told_by, pages.faults())]
    alone = Recovered((), (), 0)
    solved = told_cells(now, known, None, earlier) if counts is None and earlier else alone
    if counts is not None:
        found += [*_measured(seen, known, counts), *map(_told_by, pages.exact(counts))]
        found += map(_not_so, untrue(now, known, counts))
        alone = told_cells(now, known, counts)
        solved = told_cells(now, known, counts, earlier) if earlier else alone
        found += _recovered(alone.cells, solved.cells, known)
        found += map(_of_group, same_areas(solved.cells, known))
        found += map(_of_group, same_events(now, known, counts))
        found += [_between(cell, "shared") for cell in alone.derived]
    found += [_between(cell, "difference") for cell in solved.derived if cell not in alone.derived]
    found += map(_of_group, same_persons(seen, known))
    lacking = tuple(unsolved(now, known, counts)) if counts is not None else ()
    return replace(_findings(found, known, counts, solved), unsolved=lacking)


def _earlier(given: "Sequence[Entry] | str | Path | None") -> "Sequence[Entry]":
    from riskindex.ledger import read_ledger

    return read_ledger(given) if isinstance(given, str | Path) else given or ()


def _truth(given: "Truth | Result | str | Path | None") -> Truth | None:
    if given is None or isinstance(given, Truth):
        return given
    return truth_in(given) if isinstance(given, str | Path) else truth_of(given)


def _findings(
    found: list[Finding], known: Known, truth: Truth | None, solved: Recovered
) -> Findings:
    unique = list(dict.fromkeys(found))
    rows = [(*finding, finding.todo) for finding in unique]
    table = pd.DataFrame(rows, columns=[*Finding._fields, "todo"])
    return Findings(
        profile=known.profile,
        table=table,
        protected=len(solved.cells) if truth is not None else 0,
        recovered=sum(cell.values == 1 for cell in solved.cells),
        narrowest=narrowest(solved.cells),
        cells=solved.cells,
        revised=solved.revised,
    )


# ---- What needs no truth


def _look(seen: Seen, known: Known) -> Iterator[Finding]:
    for odd in seen.oddities:
        yield Finding("stranger", odd.file, odd.place, odd.what)
    for look in (_strange_files, _forms, _documents, _orders, _names, _numbers):
        yield from look(seen, known)


def _strange_files(seen: Seen, known: Known) -> Iterator[Finding]:
    if known.profile == "internal":
        yield Finding("stranger", MANIFEST, "/profile", "the profile internal is no release")
    for text in seen.texts:
        if text.place == "file name" and not re.fullmatch(allowed.FILES, text.file):
            yield Finding("stranger", text.file, "the folder", "a file that no release has")


def _forms(seen: Seen, known: Known) -> Iterator[Finding]:
    for fault in allowed.check_tables(seen, known):
        kind = "form" if "values of another form" in fault.what else "stranger"
        yield Finding(kind, *fault)


def _documents(seen: Seen, known: Known) -> Iterator[Finding]:
    for document in seen.documents:
        for fault in allowed.check_document(document, known):
            kind = "form" if "values of another form" in fault.what else "stranger"
            yield Finding(kind, *fault)


def _orders(seen: Seen, known: Known) -> Iterator[Finding]:
    """Lists of areas stand in the order of their codes, so that their order says nothing."""
    for order in vectors.orders(seen, known):
        if not order.is_plain:
            yield Finding("order", order.file, order.place, "areas in an order of their own")


def _names(seen: Seen, known: Known) -> Iterator[Finding]:
    """An area has one name, one group of each kind and one value of each column everywhere."""
    from riskindex.workbook import HEADINGS

    first = next(t for t in seen.tables if t.file == "all_areas.csv")
    of = {"name": known.names, **known.groups, **_by_area(first)}
    words = {column: column for column in of}
    words |= {HEADINGS.get(c, c.replace("_", " ").capitalize()): c for c in of}
    for table in seen.tables:
        codes = None if table.file.endswith(".html") else vectors.codes_of(table, known)
        for head in table.columns if codes is not None else ():
            given = of.get(words.get(head, ""))
            if given is None or codes is None:
                continue
            values = zip(codes, map(allowed.as_text, column(table, head)), strict=True)
            wrong = [c for c, text in values if c is not None and not _alike(text, given[c])]
            if wrong:
                what = f"{len(wrong):,} areas under another {head} than elsewhere: {wrong[0]}"
                yield Finding("form", table.file, f"{table.place}, column {head}", what)


def _by_area(table: Table) -> dict[str, dict[str, str]]:
    """Column to area to value."""
    at = table.columns.index("area_code")
    codes = [allowed.as_text(row[at]) for row in table.rows]
    return {
        name: dict(zip(codes, map(allowed.as_text, column(table, name)), strict=True))
        for name in table.columns
        if name != "area_code"
    }


def _alike(a: str, b: str) -> bool:
    """Whether two files say the same: yes and no have several spellings."""
    a, b = bare(a), bare(b)
    same = a == b or as_number(a) == as_number(b)
    return same or any({a, b} <= words for words in _SPELLINGS)


_SPELLINGS = ({"True", "yes", "1"}, {"False", "no", "0"}, {"", *MARKS})
"""Words that mean the same."""


_LONG_KEY = re.compile(r"(?<![\d.,#-])\d{6,}(?![\d.,]|\.\d)|\b(?=[0-9a-f]*\d)[0-9a-f]{16,}\b")


def _numbers(seen: Seen, known: Known) -> Iterator[Finding]:
    """Numbers in words that nothing in the release explains."""
    for text in seen.texts:
        if text.file.endswith(".html") or _is_elsewhere(text):
            continue
        bare = without(text.text, known.phrases)
        for key in _LONG_KEY.findall(bare):
            yield Finding("private", text.file, text.place, f"what looks like a key: {key[:40]}")
        for number in told(bare, known.explained)[:3]:
            what = f"the number {number.written} in {text.text[:90]!r}"
            yield Finding("number", text.file, text.place, what)


def _told_by(fault: Faulty) -> Finding:
    what = f"the number {fault.written}, {fault.why}, in {fault.text.text[:90]!r}"
    return Finding("number", fault.text.file, fault.text.place, what)


_ELSEWHERE = (
    r"/(versions|outputs|config/(index|selection|neighbours))/.*|/selection/rule|/how_sure"
    r"|.*colours|table gpkg_.*|docProps/(app|core)\.xml (AppVersion|created|modified|i4)"
    r"|/limits/.*|/tests/\d+/null|file name|map-data /(columns|codes|factors|groups|how_sure).*"
)


def _is_elsewhere(text: Text) -> bool:
    """Texts whose form another check looks at."""
    return re.fullmatch(_ELSEWHERE, text.place) is not None


# ---- What is measured against the truth


def _measured(seen: Seen, known: Known, truth: Truth) -> Iterator[Finding]:
    for measure in (_vectors_tell, _canaries, _drawn):
        yield from measure(seen, known, truth)


def _vectors_tell(seen: Seen, known: Known, truth: Truth) -> Iterator[Finding]:
    for said in vectors.telling(seen, known, truth):
        yield Finding("told", said.file, said.place, said.what, cell=said.cell)


def _canaries(seen: Seen, _known: Known, truth: Truth) -> Iterator[Finding]:
    for text in seen.texts:
        for canary, what in truth.canaries.items():
            if canary in text.text:
                yield Finding("private", text.file, text.place, what)


def _drawn(seen: Seen, known: Known, truth: Truth) -> Iterator[Finding]:
    for shown in vectors.drawn(seen, known, truth):
        yield Finding("told", shown.file, shown.place, shown.what, cell=shown.cell)


def _not_so(told: Untrue) -> Finding:
    return Finding("untrue", told.file, f"{told.factor} {told.period}".strip(), told.what)


def _recovered(alone: Sequence[Cell], together: Sequence[Cell], known: Known) -> Iterator[Finding]:
    """Protected counts that could be too few numbers: in this release, or with earlier ones."""
    width = known.rules.width
    for one, both in zip(alone, together, strict=True):
        cell = one if one.values < width else both
        if cell.values >= width:
            continue
        kind = "difference" if cell is not one else "recovered" if cell.values == 1 else "narrow"
        which = "exactly" if cell.values == 1 else f"as {cell.low:.0f} to {cell.high:.0f}"
        what = f"all that is printed together gives a count {which}"
        yield Finding(kind, "all files", cell.factor, what, cell.name, cell.low, cell.high)


def _between(cell: Cell, kind: str) -> Finding:
    """What counts that share events give away of events that none of them names."""
    what = f"counts that share events tell it as {cell.low:.0f} to {cell.high:.0f}"
    place = f"{cell.factor} {cell.period}".strip()
    return Finding(kind, "all files", place, what, cell.name, cell.low, cell.high)


def _of_group(told: OfGroup) -> Finding:
    return Finding("group", told.file, told.place, told.what, told.name, told.low, told.high)


def summary(findings: Findings) -> list[str]:
    """The findings in a few lines."""
    kinds = Counter(findings.table["kind"])
    said = ", ".join(f"{number:,} {kind}" for kind, number in kinds.most_common())
    lines = [f"{len(findings.table):,} findings: {said}." if kinds else "Nothing was found."]
    if findings.narrowest is not None:
        lines.append(
            f"{findings.protected:,} protected counts; {findings.recovered:,} recovered exactly; "
            f"each could still be any of {findings.narrowest:,} numbers or more."
        )
    lines += findings.unsolved
    if findings.revised:
        lines.append(
            f"{findings.revised:,} numbers and flags of earlier releases do not hold any more: the "
            "data was revised since, and they were left out."
        )
    return lines
