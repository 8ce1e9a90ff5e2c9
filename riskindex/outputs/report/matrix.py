"""The matrix of reasons: a row for each area, a column for each factor."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from riskindex.cut import areas as in_areas
from riskindex.cut import of_100
from riskindex.factors import inside
from riskindex.index.reasons import one_decimal
from riskindex.outputs.pages import Html, escape, in_words, marks_line, of_rows, paragraphs
from riskindex.outputs.report.cells import NOTHING, Cell, Fact, reason_cells
from riskindex.publication.released import Released

MOST_ROWS = 300
"""Areas that a matrix shows; the workbook has the others."""
SPOKEN = {"own": "hot by itself", "near": "hot only with its neighbours", "over": "over the limit"}
"""What a shade says to those who do not see it."""


class Columns(NamedTuple):
    """What stands before the factors: heading, class, and the words for an area."""

    heading: str
    is_number: bool
    words: Callable[[str, Fact], str]


class AreaFacts(NamedTuple):
    """What matrices say of areas. Plain dictionaries: pandas takes long to look up cells."""

    facts: Mapping[str, Fact]
    """Code to the line of `Released.all_areas`."""
    cells: Mapping[str, Mapping[str, Cell]]
    """Of `reason_cells`."""

    @classmethod
    def of(cls, released: Released, codes: Sequence[str]) -> "AreaFacts":
        """Look up some areas."""
        facts = released.all_areas.loc[list(codes)].to_dict("index")
        return cls(facts, reason_cells(released, codes))


def reason_matrix(
    released: Released,
    codes: Sequence[str],
    *,
    ids: bool = False,
    grouped: bool = False,
    is_list: bool = True,
    shared: "AreaFacts | None" = None,
) -> str:
    """The reasons of some areas as one table, in HTML.

    Parameters
    ----------
    released
        What the profile may see.
    codes
        The areas, in order.
    ids
        Whether each row is named by its code, so that a link finds it.
    grouped
        Whether the areas stand under the names of their places, the greatest need first.
    is_list
        Whether they are the list. Of others a column says which are selected, and no line sums
        them.
    shared
        What is known of these areas and others, where many pages share it.

    Every number is of the row that `data-row` names: of a line that of the area in all_areas.csv,
    of a cell those of the factor and area in star/fact_hotspot.csv.
    """
    # A page of thousands of rows with a cell per factor takes long to open on an old laptop.
    shown = list(codes)[:MOST_ROWS]
    if not shown:
        return ""
    areas = shared or AreaFacts.of(released, shown)
    by_factor = {f: {c: of[c] for c in shown if c in of} for f, of in areas.cells.items()}
    # An empty column takes the room of a full one; which ones are left out is said under the table.
    cells = {factor: of for factor, of in by_factor.items() if of}
    before = _before(released, shown, is_list=is_list)
    lines = {
        code: _row(code, areas.facts[code], before, cells, name=code if ids else "")
        for code in shown
    }
    width = len(before) + len(cells)
    bodies = "".join(
        f"<tbody>{_group_row(heading, width)}{''.join(lines[code] for code in part)}</tbody>"
        for heading, part in _groups(released, shown, grouped=grouped)
    )
    more = len(codes) - len(shown)
    rest = [f"And {in_areas(more)} more, in the workbook."] if more else []
    empty = [inside(str(released.factors.at[f, "label"])) for f in by_factor if f not in cells]
    rest += [f"Nothing is told of these areas by {in_words(empty)}."] if empty else []
    scored = released.factors.index[released.factors["scored"].astype(bool)]
    # A restricted factor counts in the score all the same: without this line the reasons would not
    # add up.
    hidden = [inside(str(released.factors.at[f, "label"])) for f in scored if f not in by_factor]
    rest += [f"Not part of this release for areas: {in_words(hidden)}."] if hidden else []
    foot = _foot(cells, before) if is_list else ""
    table = f'<table class="matrix">{_head(released, before, cells)}{bodies}'
    region = '<div class="scroll" tabindex="0" role="region" aria-label="Reasons">'
    return (
        f"{_legend(released, cells)}{marks_line(bodies)}{region}{table}{foot}</table></div>"
        f"{paragraphs(rest)}"
    )


def _before(released: Released, codes: Sequence[str], *, is_list: bool) -> list[Columns]:
    """The columns before the factors; one that says the same of all areas is left out."""
    every = released.all_areas
    columns = [Columns("Area", False, lambda code, area: _named(released, code, area))]
    # Each profile shows the finest order that it may: rank, else tenth.
    if "rank" in every:
        columns.insert(0, Columns("Rank", True, lambda _, area: _whole(area["rank"])))
    # On the list most areas are in the first tenth, which then tells none apart.
    elif "decile" in every and every.loc[list(codes), "decile"].nunique() > 1:
        columns.append(Columns("Tenth", True, lambda _, area: _whole(area["decile"])))
    # How sure that is stands in a column of its own.
    if not is_list and every.loc[list(codes), "selected"].nunique() > 1:
        columns.append(Columns("Selected", False, lambda _, a: "yes" if a["selected"] else ""))
    if "score" in every:
        columns.append(Columns("Score", True, lambda _, area: _one_decimal(area["score"])))
    if "p_selected" in every:
        columns.append(Columns("Of 100 repeats", True, lambda _, area: of_100(area["p_selected"])))
    elif "tier" in every:
        columns.append(Columns("How sure", False, lambda _, area: str(area["tier"])))
    if "residents_10_24" in every:
        columns.append(Columns("Aged 10 to 24", True, lambda _, a: _whole(a["residents_10_24"])))
    return columns


def _whole(value: Any) -> str:  # noqa: ANN401
    return value if isinstance(value, str) else "" if pd.isna(value) else f"{value:,.0f}"


def _one_decimal(value: Any) -> str:  # noqa: ANN401
    return "" if pd.isna(value) else one_decimal(value)


def _named(released: Released, code: str, area: Fact) -> str:
    """The name of an area, with what its name does not say already, and who put it in by hand."""
    kinds = [str(area[kind]) for kind in released.group_kinds]
    # Names of areas often begin with that of their district; it need not stand there twice.
    under = [name for name in kinds if name and not str(area["name"]).startswith(name)]
    by_hand = str(area.get("override") or "")
    # An area put in by hand has no other reason, and who reads must see that at once.
    hand = f"put {by_hand} by hand: {area['override_reason']}" if by_hand == "in" else ""
    details = escape(" · ".join(filter(None, [*under, code, hand])))
    return f'{escape(area["name"])} <span class="quiet">{details}</span>'


def _head(released: Released, before: Sequence[Columns], cells: Iterable[str]) -> str:
    names = [(column.heading, column.is_number) for column in before]
    names += [(released.label(factor), False) for factor in cells]
    # Names of factors come from the config and are escaped like every other text.
    heads = "".join(
        f'<th scope="col"{_number_class(number)}>{escape(name)}</th>' for name, number in names
    )
    return f"<thead><tr>{heads}</tr></thead>"


def _number_class(number: bool) -> str:
    return ' class="number"' if number else ""


def _row(
    code: str,
    area: Fact,
    before: Sequence[Columns],
    cells: dict[str, dict[str, Cell]],
    *,
    name: str,
) -> str:
    start = "".join(
        # The cell of the area is markup and was escaped where it was made.
        f'<th scope="row">{column.words(code, area)}</th>'
        if column.heading == "Area"
        else f"<td{_number_class(column.is_number)}>{escape(column.words(code, area))}</td>"
        for column in before
    )
    named = f' id="{escape(name)}"' if name else ""
    rest = "".join(
        _cell(of.get(code, NOTHING), row=f"{factor}:{code}") for factor, of in cells.items()
    )
    return f'<tr{named} data-row="{escape(code)}">{start}{rest}</tr>'


def _cell(cell: Cell, *, row: str) -> str:
    if cell == NOTHING:
        return "<td></td>"
    # A colour says nothing to who cannot see it (WCAG 1.4.1).
    spoken = f'<span class="unseen">{SPOKEN[cell.shade]}: </span>' if cell.shade else ""
    around = f'<span class="around">{escape(cell.around)}</span>' if cell.around else ""
    kind = f' class="{cell.shade}"' if cell.shade else ""
    return f'<td{kind} data-row="{escape(row)}">{spoken}{escape(cell.here)}{around}</td>'


def _groups(
    released: Released, codes: Sequence[str], *, grouped: bool
) -> list[tuple[Html, list[str]]]:
    """The areas under the names of their places, those with the greatest need first."""
    plan = released.team_plan
    if not grouped or plan is None or plan.places.table.empty:
        return [(Html(), list(codes))]
    # Reindexed on the codes, so that areas stay in rank order within each place.
    place_of = plan.places.place_of.reindex(list(codes))
    size = place_of.map(plan.places.table["areas"])
    # A heading for each single area would double the length of the table.
    several = place_of[size > 1]
    parts = several.groupby(several.to_numpy(), sort=True)
    names = plan.places.table["name"]
    places = [
        (
            of_rows(f"{int(n)}. {names[n]}: {in_areas(len(part))}", f"place-{n}", *part.index),
            [str(code) for code in part.index],
        )
        for n, part in parts
    ]
    lone = [str(code) for code in codes if code not in several.index]
    return [*places, *([(of_rows(f"Single areas: {len(lone):,}", *lone), lone)] if lone else [])]


def _group_row(heading: Html, width: int) -> str:
    if not heading:
        return ""
    return f'<tr class="group"><th colspan="{width}" scope="rowgroup">{heading}</th></tr>'


def _foot(cells: dict[str, dict[str, Cell]], before: Sequence[Columns]) -> str:
    """How many of the areas are hot for each factor, by themselves and only with neighbours."""
    totals = "".join(f"<td>{_total(factor, of)}</td>" for factor, of in cells.items())
    head = f'<th scope="row" colspan="{len(before)}">Of these areas</th>'
    return f"<tfoot><tr>{head}{totals}</tr></tfoot>"


def _total(factor: str, cells: dict[str, Cell]) -> str:
    parts = []
    # Apart: an area hot only with neighbours may have no event of its own.
    for kind, words in _TOTALS.items():
        named = [f"{factor}:{code}" for code, cell in cells.items() if cell.shade == kind]
        # As many as there are rows of that kind, each of which is named.
        parts += [of_rows(f"{len(named):,} {words}", *named)] if named else []
    return ", ".join(parts) or "–"


_TOTALS = {"own": "by itself", "near": "with neighbours", "over": "over the limit"}


def _legend(released: Released, cells: dict[str, dict[str, Cell]]) -> str:
    """What the shades and numbers mean, as far as they occur."""
    shown = [cell for of in cells.values() for cell in of.values()]
    shades = {cell.shade for cell in shown}
    swatches = [
        f'<span class="swatch {shade}">{words}</span>'
        for shade, words in _SHADES.items()
        if shade in shades
    ]
    lines = [_NUMBERS] if any(cell.around for cell in shown) else []
    lasting = [f for f in cells if released.factors.at[f, "score"] == "persistence"]
    lines += (
        [_LASTING]
        if lasting and any(" of " in c.here for f in lasting for c in cells[f].values())
        else []
    )
    marks = f'<p class="shades">In the last period: {" ".join(swatches)}</p>' if swatches else ""
    return marks + paragraphs([" ".join(lines)])


_SHADES = {
    "own": "hot by itself",
    "near": "hot only with its neighbours, or next door to a hotspot",
    "over": "a share over its limit",
}
_NUMBERS = (
    "Here: the area's own number, and how many times what was expected of it; near: the same of "
    "the area with its neighbours. An empty cell adds nothing to the score."
)
_LASTING = "4 of 5: hot in four of five periods."
