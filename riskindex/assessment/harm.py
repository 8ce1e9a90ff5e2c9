"""Harm: offences weighted by days, exactly, with the version of the weights that were used."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.groups import WHOLE
from riskindex.assessment.figure_rows import GIVEN, Shown, no_figures
from riskindex.assessment.figures import mix_rows
from riskindex.assessment.options import Figure
from riskindex.assessment.people_counts import PEOPLE
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.disclosure import NOT_RECORDED

CODE = "code"
"""Aspect of a source whose values the weights are given for."""
_NORMAL = 1.959964
"""97.5% point of the normal law."""


class Harm(NamedTuple):
    """Harm of some offences."""

    days: Fraction
    """Sum of the weights of those that have one."""
    weighed: int
    """Offences that have a weight."""
    unweighed: int
    """Offences whose code is not recorded, or has no weight."""
    spread: float
    """Standard deviation of the weight of an offence."""

    @property
    def mean(self) -> Fraction | None:
        """Days of an offence; None where there is none."""
        return self.days / self.weighed if self.weighed else None

    @property
    def relative_error(self) -> float:
        """Standard error of the mean as a part of it, given how many offences there are."""
        mean = self.mean
        return self.spread / float(mean) / float(np.sqrt(self.weighed)) if mean else float("nan")


def harm_of(counts: "pd.Series[float]", days: dict[str, Decimal]) -> Harm:
    """Harm of offences by code.

    Parameters
    ----------
    counts
        Number of offences, index their code.
    days
        Code to the days of an offence.

    Examples
    --------
    >>> harm_of(pd.Series({"1": 1, "34B": 3}), {"1": Decimal(100), "34B": Decimal("2.5")}).days
    Fraction(215, 2)
    """
    # Fractions of the decimals as published: days of tens of thousands of offences add up without
    # rounding on the way.
    # An offence without a weight is counted apart: with 0 days it would pull the mean down.
    weighted_counts = {
        str(code): round(float(n)) for code, n in counts.items() if str(code) in days
    }
    total = sum((Fraction(days[code]) * n for code, n in weighted_counts.items()), Fraction(0))
    weighed = sum(weighted_counts.values())
    squares = sum(
        (Fraction(days[code]) ** 2 * n for code, n in weighted_counts.items()), Fraction(0)
    )
    # In floating point this formula loses digits where the spread is small beside the mean;
    # fractions are exact.
    variance = squares / weighed - (total / weighed) ** 2 if weighed else Fraction(0)
    return Harm(total, weighed, round(float(counts.sum())) - weighed, float(variance) ** 0.5)


def rounded(value: Fraction, decimals: int) -> float:
    """A fraction as it is printed, half away from zero."""
    scaled = abs(value) * 10**decimals
    # In whole numbers: a float of a half is above or below it by chance.
    whole = (2 * scaled + 1).__floor__() // 2
    return float(Fraction(whole, 10**decimals) * (1 if value >= 0 else -1))


def harm_rows(figure: Figure, shown: Shown) -> pd.DataFrame:
    """Days of harm in all and of an offence, and how many times those of other offences.

    Parameters
    ----------
    figure
        `of` and `against` name measures whose source has codes, or series by code; `weights` a
        series of days by code.
    shown
        What the reader may see. Of restricted offences harm is not shown to others: it would be
        made of the protected cells of codes, most of which are withheld.
    """
    weights = shown.series[shown.series["series"] == figure.weights] if len(shown.series) else None
    if weights is None or weights.empty:
        return no_figures()
    days = {
        # By way of the text: the decimal of a float is not the number as it was published.
        str(code): Decimal(str(value))
        for code, value in zip(weights["category"], weights["value"], strict=True)
    }
    # A series of weights has its version where others have their place.
    version = ", ".join(dict.fromkeys(weights["place"]))
    of, others = (_by_code(name, figure, shown) for name in (figure.of, figure.against))
    rows = []
    for (period, place_kind, place), counts in of.items():
        harm = harm_of(counts, days)
        line = {
            "measure": shown.labels.get(figure.of, figure.of),
            "definition": figure.of,
            "place_kind": place_kind,
            "place": place,
            "period": period,
            "count": harm.weighed,
            "status": GIVEN,
            "note": _note(harm, version),
        }
        # The other offences of the same place and period, or none: a ratio over two years would
        # mislead.
        other = others.get((period, place_kind, place))
        compared = harm_of(other, days) if other is not None else None
        rows += _lines(line, harm, compared, figure)
        if harm.mean and compared is not None and compared.mean and place_kind == WHOLE_KIND:
            rows += _of_people(line, harm.mean / compared.mean, figure, shown)
    return pd.DataFrame(rows)


def _of_people(
    line: dict[str, object], times: Fraction, figure: Figure, shown: Shown
) -> list[dict[str, object]]:
    """People times the ratio: a document's word for how many they are, and no harm of their own."""
    people, lines = shown.people, []
    for name in figure.people:
        whole = (people["place_kind"] == WHOLE_KIND) & (people["by"] == "")
        counted = (people["factor"] == name) & (people["item"] == PEOPLE)
        numbers = people.loc[whole & counted & (people["period"] == line["period"]), "count"]
        count = float(numbers.iloc[0]) if len(numbers) else float("nan")
        # Both, because published documents differ in when they round the ratio.
        ratios = (times, rounded_times(times))
        value, as_rounded = (rounded(r * round(count), 0) if count >= 0 else count for r in ratios)
        note = f"{rounded(times, 2):g} times, the ratio of the offences"
        note += f"; a document that rounds it first has {as_rounded:,.0f}" if count >= 0 else ""
        columns = {
            "measure": shown.labels[name],
            "counted": "people",
            "category": f"{shown.labels[name]}, as people of the mean",
            "count": count,
            "value": value,
            "unit": "people",
            "status": GIVEN if count >= 0 else NOT_RECORDED,
            "note": note,
        }
        lines.append({**line, **columns, "compared_with": figure.against})
    return lines


def _note(harm: Harm, version: str) -> str:
    said = f"weights: {version}"
    return said + (f"; {harm.unweighed:,} without a weight" if harm.unweighed else "")


def _lines(
    line: dict[str, object], harm: Harm, other: Harm | None, figure: Figure
) -> list[dict[str, object]]:
    mean = harm.mean
    # Without an offence that has a weight there is no mean to tell.
    if mean is None:
        return []
    # The weights are fixed: the error is of which offences happened to occur.
    half = _NORMAL * harm.relative_error * float(mean)
    lines: list[dict[str, object]] = [
        {**line, "category": "all", "value": rounded(harm.days, 0), "unit": "days"},
        {
            **line,
            "category": "mean of an offence",
            "value": rounded(mean, 1),
            "unit": "days",
            # Days are never below 0.
            "low": rounded(Fraction(max(float(mean) - half, 0.0)), 1),
            "high": rounded(Fraction(float(mean) + half), 1),
            "method": "normal, given the number of offences",
        },
    ]
    if other is not None and other.mean:
        times = mean / other.mean
        # Delta method: on the log scale the variances of independent means add up.
        error = _NORMAL * float(np.hypot(harm.relative_error, other.relative_error))
        named = {"compared_with": figure.against, "base": other.weighed}
        note = f"{line['note']}; {other.weighed:,} offences with a mean of "
        note += f"{rounded(other.mean, 1):g} days"
        lines += [
            {
                **line,
                **named,
                "category": "times the mean",
                "value": rounded(times, 2),
                "unit": "times",
                # On a log scale: a ratio of two means cannot be below 0, and is as likely to be
                # half as double.
                "low": rounded(Fraction(float(times) * float(np.exp(-error))), 2),
                "high": rounded(Fraction(float(times) * float(np.exp(error))), 2),
                "method": "log-normal, given the numbers of offences",
                "note": note,
            },
            {
                **line,
                **named,
                "category": "as offences of the mean",
                "value": rounded(times * harm.weighed, 0),
                "unit": "offences",
                "note": f"{note}; a document that rounds the ratio first has "
                f"{rounded(rounded_times(times) * harm.weighed, 0):,.0f}",
            },
        ]
    return lines


def rounded_times(times: Fraction) -> Fraction:
    """The ratio to a whole number."""
    return Fraction(int(rounded(times, 0)))


def _by_code(
    name: str | None, figure: Figure, shown: Shown
) -> "dict[tuple[str, str, str], pd.Series[float]]":
    """Offences by code, of each period and place."""
    if name is None:
        return {}
    if name in shown.labels:
        return _of_measure(name, figure, shown)
    table = shown.series[shown.series["series"] == name]
    # Codes of other places in the file are for comparison, and no harm of the study area.
    table = table[table["place"] == shown.whole]
    return {
        (str(period), WHOLE_KIND, shown.whole): part.set_index("category")["count"]
        for period, part in table.groupby("period", sort=False)
        if figure.period in (None, period)
    }


def _of_measure(
    name: str, figure: Figure, shown: Shown
) -> "dict[tuple[str, str, str], pd.Series[float]]":
    # Codes of restricted offences are mostly withheld, so that a sum over them would be one of the
    # common, lesser offences.
    if name in shown.restricted:
        return {}
    parts = list(mix_rows(shown, aspects=[CODE], factor=name))
    if not parts:
        return {}
    rows = pd.concat(parts)
    rows = rows[rows["place_kind"].isin(list(figure.places))]
    if figure.period is not None:
        rows = rows[rows["period"] == figure.period]
    offences_by_code = {}
    for (period, kind, place), part in rows.groupby(["period", "place_kind", "place"], sort=False):
        of = shown.whole if place in (WHOLE, shown.whole) else str(place)
        offences_by_code[str(period), str(kind), of] = (
            part.groupby("category")["count"].sum().astype(float)
        )
    return offences_by_code
