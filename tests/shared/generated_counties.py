"""Small counties with known rates and shares, and how often the limits of figures hold these."""

import numpy as np
import pandas as pd

from riskindex.areas.groups import WHOLE
from riskindex.assessment.figure_rows import Shown
from riskindex.assessment.options import Figure
from riskindex.assessment.place_counts import count_places, places_by_kind, sum_residents
from riskindex.assessment.shown_counts import every_figure

YEARS = ("2021", "2022")
DISTRICTS = ("N", "E", "S", "W")
FIFTHS = ("1", "2", "3", "4", "5")
SEXES = ("F", "M", "")
EXACT = ("count", "rate", "rate ratio", "share", "change", "mix", "gap: first against all")
"""Limits that are exact, so that they hold the truth in 95% at the least, but for rounding."""


def coverage(rng, counties):
    """Share of the printed limits that hold the truth, and number of limits, by kind of figure.

    The counties are factors of one table: ten areas of four districts and five fifths, two years,
    from a tenth of an event in an area to thirty.
    """
    areas = _areas(rng)
    people = areas["residents"].to_numpy()
    level = rng.lognormal(0.5, 1.2, counties)[:, None] * people / people.mean()
    means = level * rng.lognormal(0, 0.5, (counties, len(areas)))
    # Expected events of each county, year and area; the second year is another.
    means = np.stack([means, means * rng.lognormal(0, 0.3, (counties, 1))], axis=1)
    counts = rng.poisson(means)
    sexes = rng.dirichlet((2, 4, 0.5), (counties, len(YEARS), len(DISTRICTS)))
    table = every_figure(_asked(counties), _shown(areas, counts, sexes, rng))
    truth = pd.concat([_truths(areas, means), _mixes(areas, means, sexes)])
    return _held(table, truth)


def _areas(rng):
    n = 10
    columns = {
        "name": [f"a{i}" for i in range(n)],
        "district": [DISTRICTS[i % 4] for i in range(n)],
        "fifth": [FIFTHS[i // 2] for i in range(n)],
        "residents": rng.integers(800, 3_000, n).astype(float),
    }
    return pd.DataFrame(columns, index=pd.Index(columns["name"], name="area_code"))


def _asked(counties):
    return [
        figure
        for i in range(counties)
        for figure in (
            Figure(name=f"g{i}", kind="gap", of=f"f{i}", by="fifth"),
            Figure(name=f"p{i}", kind="difference", of=f"f{i}", places=("district",)),
            Figure(name=f"s{i}", kind="difference", of=f"f{i}", by="sex", places=("district",)),
        )
    ]


def _shown(areas, counts, sexes, rng):
    names = [f"f{i}" for i in range(len(counts))]
    index = pd.MultiIndex.from_product([names, ["all"], YEARS], names=["factor", "group", "period"])
    wide = pd.DataFrame(counts.reshape(-1, len(areas)).T, index=areas.index, columns=index)
    places = places_by_kind(areas)
    residents = areas["residents"]
    lines = [sum_residents(places, residents), count_places(wide, places, residents)]
    of_district = _by(areas["district"], counts, DISTRICTS)
    parted = rng.multinomial(of_district, sexes)
    levels = [names, ["all"], YEARS, DISTRICTS, ["sex"], SEXES]
    by = ["factor", "group", "period", "place", "aspect", "value"]
    rhythm = pd.DataFrame(
        {"records": parted.ravel()}, index=pd.MultiIndex.from_product(levels, names=by)
    )
    return Shown(
        places=pd.concat(lines),
        rhythm=rhythm,
        rhythm_kind="district",
        labels={name: name for name in names},
        counted=dict.fromkeys(names, "records"),
        periods=dict.fromkeys(names, YEARS),
        restricted=frozenset(),
        whole="the county",
        units=dict.fromkeys(names, "calendar-year"),
    )


def _by(groups, values, order):
    """Sums over the areas of each group, shape (counties, years, groups)."""
    return np.stack([values[..., (groups == name).to_numpy()].sum(axis=-1) for name in order], -1)


def _truths(areas, means):
    """Every true number by figure, kind of limits, place and category."""
    people = areas["residents"].to_numpy()
    whole, all_people = means.sum(axis=-1), people.sum()
    found = []
    for kind, order in (("district", DISTRICTS), ("fifth", FIFTHS), ("whole", (WHOLE,))):
        groups = areas[kind] if kind in areas else pd.Series(WHOLE, areas.index)
        mean, of = _by(groups, means, order), _by(groups, people, order)
        rate, share = 1000 * mean / of, mean / whole[..., None]
        times = rate / (1000 * whole / all_people)[..., None]
        numbers = {"count": mean, "rate": rate, "share": 100 * share, "rate ratio": times}
        for what, values in numbers.items():
            # The whole is no share of itself, and not compared with itself.
            if kind != "whole" or what in ("count", "rate"):
                found += _lines(values, kind, order, what)
        change = 100 * (mean[:, 1] / mean[:, 0] - 1)
        found += _lines(change[:, None], kind, order, "change", years=YEARS[1:])
        if kind == "district":
            points = 100 * (share[:, 1] - share[:, 0])
            found += _lines(points[:, None], kind, order, "difference", years=YEARS[1:])
        if kind == "fifth":
            found += _gaps(mean, of)
    return pd.DataFrame(found, columns=COLUMNS)


COLUMNS = ["county", "period", "place_kind", "place", "category", "limits", "truth"]


def _lines(values, kind, order, limits, *, years=YEARS, category=""):
    return [
        (i, year, kind, place, category, limits, values[i, t, j])
        for i in range(len(values))
        for t, year in enumerate(years)
        for j, place in enumerate(order)
    ]


def _gaps(mean, people):
    """First fifth against all, slope and relative index, of the true rates."""
    # Fifths are ordered from the least deprived, the fifth, to the most.
    mean, people = mean[..., ::-1], people[::-1]
    share = people / people.sum()
    at = np.cumsum(share) - share / 2
    centred = at - (share * at).sum()
    rate, all_ = mean / people, mean.sum(axis=-1) / people.sum()
    slope = (share * centred * rate).sum(axis=-1) / (share * centred**2).sum()
    # The two ends of the line, where no rate can lie below 0.
    least, most = (np.maximum(all_ + sign * slope / 2, 0) for sign in (-1, 1))
    with np.errstate(divide="ignore"):
        relative = most / least
    found = []
    for category, limits, values in (
        ("1 against all", "gap: first against all", rate[..., -1] / all_),
        ("slope index", "gap: slope index", 1000 * slope),
        ("relative index", "gap: relative index", relative),
    ):
        found += _lines(values[..., None], "whole", (WHOLE,), limits, category=category)
    return found


def _mixes(areas, means, sexes):
    """True shares of the sexes, of districts and of the whole, and their differences."""
    of_district = _by(areas["district"], means, DISTRICTS)
    found = []
    for i, sex in enumerate(SEXES):
        category, share = sex or "not recorded", 100 * sexes[..., i]
        found += _lines(share, "district", DISTRICTS, "mix", category=category)
        # Districts' events are a random part of the whole's, so that its share is their mean.
        whole = (share * of_district).sum(axis=-1) / of_district.sum(axis=-1)
        found += _lines(whole[..., None], "whole", (WHOLE,), "mix", category=category)
        points = share[:, 1:] - share[:, :1]
        found += _lines(
            points, "district", DISTRICTS, "difference", years=YEARS[1:], category=category
        )
    return pd.DataFrame(found, columns=COLUMNS)


def _held(table, truth):
    """How often the printed limits hold the truth, and how many there are, by kind of limits."""
    table = table[table["definition"].str.startswith("f")].assign(
        county=lambda rows: rows["definition"].str[1:].astype(int),
        place=lambda rows: rows["place"].mask(rows["place_kind"] == "whole", WHOLE),
        limits=lambda rows: rows["kind"],
    )
    table["limits"] = table["limits"].mask(table["kind"] == "gap", "gap: " + table["category"])
    table["limits"] = table["limits"].replace("gap: 1 against all", "gap: first against all")
    ratios = table[(table["kind"] == "rate") & (table["place_kind"] != "whole")]
    ratios = ratios.assign(limits="rate ratio", low=ratios["ratio_low"], high=ratios["ratio_high"])
    both = pd.concat([table, ratios]).merge(truth, on=COLUMNS[:-1])
    # Where there is no limit, everything is held: after a count of 0, or of a base of 0.
    low, high = both["low"].fillna(-np.inf), both["high"].fillna(np.inf)
    held = (low <= both["truth"]) & (both["truth"] <= high)
    found = held.groupby(both["limits"]).agg(["mean", "size"])
    assert len(both) == len(truth), (len(both), len(truth))
    return found.set_axis(["held", "limits"], axis=1)
