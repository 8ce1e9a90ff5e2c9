"""What to bear in mind about the tests of a run, one sentence for each: limits that apply here."""

from collections.abc import Iterator, Sequence

import pandas as pd

from riskindex.factors import Factor
from riskindex.hotspots.find import Hotspots

SMALL_BASE = 0.1
"""An extreme area with less than this of the median exposure has a base that cannot be its own."""


def method_notes(
    found: Hotspots, areas: pd.DataFrame, factors: Sequence[Factor]
) -> tuple[str, ...]:
    """Sentences about single areas that would have decided a dispersion for all.

    Parameters
    ----------
    found
        The tests of all factors.
    areas
        Index area_code, with `name`.
    factors
        The factors that were tested.
    """
    return tuple(note for factor in factors for note in _extreme_notes(found, areas, factor))


def _extreme_notes(found: Hotspots, areas: pd.DataFrame, factor: Factor) -> Iterator[str]:
    mine = found.extremes[found.extremes["factor"] == factor.name]
    for period, some in mine.groupby("period", sort=False):
        about = found.tests.loc[(factor.name, period)]
        many = "one area" if len(some) == 1 else f"{len(some)} areas"
        make, them = ("makes", "it") if len(some) == 1 else ("make", "them")
        yield (
            f"{factor.label}{f' in {period}' if period else ''}: {many}, "
            f"{'; '.join(_told(row, areas) for _, row in some.iterrows())}, {make} the dispersion "
            f"{about['dispersion_of_all']:.3g}; without {them} {about['dispersion']:.3g}, which "
            "the tests take."
        )


def _told(row: "pd.Series", areas: pd.DataFrame) -> str:
    code = row["area_code"]
    name = str(areas.at[code, "name"]) if "name" in areas else str(code)
    words = f"{name} ({code})" if name != code else str(code)
    small = row["exposure"] < SMALL_BASE * row["usual_exposure"]
    base = f", whose base of {row['exposure']:,g} cannot be that of this count" if small else ""
    return f"{words}: {row['observed']:,g} where {row['expected']:,.1f} were expected{base}"
