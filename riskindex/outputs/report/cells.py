"""What each factor says of an area: the cells of the matrix of reasons."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pandas as pd

from riskindex.index.reasons import one_decimal
from riskindex.outputs.pages import percent
from riskindex.planning.named_places import THROUGH_OTHERS
from riskindex.publication.released import Released
from riskindex.tables import rows


class Cell(NamedTuple):
    """What one factor says of one area."""

    shade: str
    """own: hot by itself; near: only with its neighbours; over: a share over its limit; or ""."""
    here: str
    """The area's own number."""
    around: str
    """The number of the area with its neighbours; empty where it is not what was tested."""


NOTHING = Cell("", "", "")


def reason_cells(released: Released, codes: Sequence[str]) -> dict[str, dict[str, Cell]]:
    """What each scored factor says of some areas in its last period, as far as it is released.

    Parameters
    ----------
    released
        What the profile may see.
    codes
        The areas.

    Returns
    -------
    dict
        Factor to area to cell; a factor of which nothing is released for areas has no entry, and
        an area for which it says nothing no cell.
    """
    names = [str(name) for name, row in released.factors.iterrows() if row["scored"]]
    tested = released.hotspots.index.unique("factor")
    return {name: _cells_of(released, name, codes) for name in names if name in tested}


Fact = dict[Any, Any]


def _cells_of(released: Released, factor: str, codes: Sequence[str]) -> dict[str, Cell]:
    tests = rows(released.hotspots, factor=factor)
    # Periods are in order of time. The list stands on the last one, so that its numbers are the
    # reason.
    last = tests.index.get_level_values("period")[-1]
    # In the order of the list; an area that a profile does not show gets an empty line.
    table = tests.xs(last, level="period").reindex(codes)
    if factor in released.persistence.index.unique("factor"):
        lasting = rows(released.persistence, factor=factor).reindex(codes)
        table = table.join(lasting.reindex(columns=["periods_hot", "periods_assessed"]))
    # Of a factor whose numbers are kept back only the flags are told; its score would give a number
    # away.
    if factor in released.numbered and factor in released.scores.index.unique("factor"):
        table = table.assign(score=rows(released.scores, factor=factor)["score"].reindex(codes))
    make_cell = _cell_maker(released, factor)
    # Only what a cell is made of, column by column: whole rows of a country take seconds.
    columns = [column for column in _USED if column in table]
    facts = zip(*(table[column].tolist() for column in columns), strict=True)
    cells = {
        str(code): make_cell(dict(zip(columns, fact, strict=True)))
        for code, fact in zip(table.index, facts, strict=True)
    }
    return {code: cell for code, cell in cells.items() if cell != NOTHING}


_USED = (
    *("observed", "expected", "window_observed", "window_expected", "value"),
    *("is_hot", "kind", "confidence", "score", "periods_hot", "periods_assessed"),
)
"""Columns that cells are made of, as far as they are released."""


def own_numbers(released: Released, codes: Sequence[str]) -> pd.DataFrame:
    """The areas' own numbers of every factor whose numbers are released, in its last period.

    Parameters
    ----------
    released
        What the profile may see.
    codes
        The areas.

    Returns
    -------
    DataFrame
        One line per area, a column per factor: its events, or its share in per cent; the heading
        says which, and what an average area has.
    """
    tested = released.hotspots.index.unique("factor")
    columns = {}
    for factor in (name for name in released.numbered if name in tested):
        tests = rows(released.hotspots, factor=factor)
        last = tests.index.get_level_values("period")[-1]
        table = tests.xs(last, level="period").reindex(codes)
        about = released.factors.loc[factor]
        if about["method"] in ("threshold", "value") and "value" in table:
            values = pd.to_numeric(table["value"], errors="coerce")
            if about.get("measured_as", "share") == "share":
                # Rounded as the report rounds it, then a number again: a spreadsheet can sort by
                # it.
                texts = [percent(share).removesuffix("%") for share in values]
                columns[f"{about['label']}, %"] = pd.to_numeric(pd.Series(texts, index=table.index))
            else:
                columns[f"{about['label']}, own number"] = values
        elif "observed" in table:
            columns[f"{released.label(factor)}, own number{_usual(released, factor)}"] = table[
                "observed"
            ]
    return pd.DataFrame(columns, index=pd.Index(codes, name="area_code"))


def _usual(released: Released, factor: str) -> str:
    """What an average area has, for a heading."""
    if "average" not in released.tests:
        return ""
    averages = released.tests["average"].xs(factor, level="factor")
    # Of the last period, as the numbers beneath it.
    usual = averages.iloc[-1] if len(averages) else None
    return "" if usual is None or pd.isna(usual) else f" (average area {one_decimal(usual)})"


def _cell_maker(released: Released, factor: str) -> Callable[[Fact], Cell]:
    about = released.factors.loc[factor]
    if about["method"] in ("threshold", "value"):
        return _SHARES.get(str(about.get("measured_as", "share")), _share_cell)
    if factor not in released.numbered:
        return _flag_cell
    return _lasting_cell if about["score"] == "persistence" else _tested_cell


def _share_cell(fact: Fact) -> Cell:
    return _value_cell(fact, percent(_number(fact, "value")))


def _rate_cell(fact: Fact) -> Cell:
    return _value_cell(fact, f"{one_decimal(1000 * _number(fact, 'value'))} per 1,000")


def _measure_cell(fact: Fact) -> Cell:
    value = _number(fact, "value")
    # Ranks of a country have five digits, and "2.032e+04" is no number that one reads.
    return _value_cell(fact, f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}")


def _value_cell(fact: Fact, text: str) -> Cell:
    """A value as it is, and whether it is over its limit."""
    if pd.isna(_number(fact, "value")):
        # Withheld or not assessed, but the flag may be released all the same.
        return _flag_cell(fact)
    return Cell("over" if _number(fact, "is_hot") == 1 else "", text, "")


_SHARES = {"share": _share_cell, "rate": _rate_cell, "measure": _measure_cell}
"""What a value is of, to its cell."""


def _flag_cell(fact: Fact) -> Cell:
    """Of a factor whose numbers are not released: hot or not, and how surely or how often."""
    shade = _shade(fact)
    if not shade:
        return NOTHING
    # "1 of 1" would say nothing of how long it lasts.
    if _number(fact, "periods_assessed") > 1:
        return Cell(shade, _often(fact), "")
    sure = _number(fact, "confidence")
    return Cell(shade, f"{sure:.0f}% sure" if sure > 0 else "hot", "")


def _tested_cell(fact: Fact) -> Cell:
    """The area's own numbers and those of its window, where it is hot or its own are high."""
    shade = _shade(fact)
    # By lesser confidence an area may score without being hot; its own excess is then the reason.
    more = _number(fact, "observed") > _number(fact, "expected") and _number(fact, "score") > 0
    if not shade and not more:
        return NOTHING
    return Cell(shade, _counted(fact, "", "here"), _counted(fact, "window_", "near"))


def _lasting_cell(fact: Fact) -> Cell:
    """How many periods it was hot, which is what scores; then the numbers of the last one."""
    # An area may have been hot for years and not be so in the last one; that scores, and is a
    # reason.
    shade, lasts = _shade(fact), _number(fact, "score") > 0
    if not shade and not lasts:
        return NOTHING
    here = _counted(fact, "", "here")
    text = "; ".join(filter(None, [_often(fact) if lasts else "", here]))
    return Cell(shade, text, _counted(fact, "window_", "near"))


def _often(fact: Fact) -> str:
    return f"{_number(fact, 'periods_hot'):.0f} of {_number(fact, 'periods_assessed'):.0f}"


def _shade(fact: Fact) -> str:
    kind = str(fact.get("kind") or "")
    # Before the flag: such an area is not hot, and still scores through the hotspot beside it.
    if kind == "next door":
        return "near"
    # NaN is not 1: what was not tested has no shade.
    if _number(fact, "is_hot") != 1:
        return ""
    return "near" if kind in THROUGH_OTHERS else "own"


def _counted(fact: Fact, of: str, where: str) -> str:
    """62 here, 2.0×."""
    observed, expected = _number(fact, f"{of}observed"), _number(fact, f"{of}expected")
    if pd.isna(observed):
        return ""
    number = f"{observed:,.0f}" if observed == round(observed) else one_decimal(observed)
    # Where nothing is expected there is no ratio, and 0 times it says no more than 0 does.
    times = f", {one_decimal(observed / expected)}×" if expected > 0 and observed else ""
    return f"{number} {where}{times}"


def _number(fact: Fact, name: str) -> float:
    """A number of a fact, a flag as 0 or 1; NaN where it is missing or withheld."""
    value = fact.get(name)
    # Text is a mark such as [c], in place of a number that is withheld.
    if value is None or isinstance(value, str) or pd.isna(value):
        return float("nan")
    return float(value)
