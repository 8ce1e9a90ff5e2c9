"""Small worlds of many shapes, and others that differ from them in nothing that may be seen.

A world is all that a run reads. Another world has other true counts, records and sensitive places,
and the same noised counts: of areas, of every group that is released, of every cell of the rhythm.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

from riskindex.analysis import analyse, composition_of
from riskindex.areas.groups import WHOLE, group_kinds, profile_kind
from riskindex.arrays import Fingerprints, Flags, Integers
from riskindex.assessment.options import band_label
from riskindex.assessment.place_counts import NOTHING_MEASURED, Measured
from riskindex.config import Config, parse_config
from riskindex.events.count import RECONCILIATION
from riskindex.events.rhythm import BY_PERIOD, COUNTED, over_periods
from riskindex.publication import counts as released
from riskindex.publication.cells import noise, of_place
from riskindex.publication.counts import is_exact, noised_areas
from riskindex.publication.protection import restricted_columns, restricted_factors
from riskindex.publication.sensitive_places import without_events
from riskindex.result import Given, Result, SensitivePlaces

KEY = bytes(range(7, 39))
FLAGS = ("confidence", "is_hot", "kind", "reason")
LASTING = ("periods_hot", "periods_assessed", "category", "is_new", "change")
CANDIDATES = 6_000
"""Fingerprints that are tried for one changed cell."""


class Shape(NamedTuple):
    """What a kind of county is like."""

    columns: int
    rows: int
    districts: Callable[[int, int], str] | None
    """Column and row of an area to its district."""
    factors: Sequence[Mapping[str, Any]]
    rates: Mapping[str, float]
    """Events per area, by source."""
    years: Sequence[str] = ("2022",)
    residents: float = 1_600.0
    context: int = 0
    """So many of the last areas lie around the study area."""
    sensitive: int = 0
    """How many areas have a sensitive place."""
    config: Mapping[str, Any] = {}
    table: bool = False
    """Whether a restricted table is read, too."""


def _factor(name: str, source: str, **options: Any) -> dict[str, Any]:
    given = {
        "name": name,
        "label": f"The {name}",
        "source": source,
        "method": "getis-ord",
        "periods": ["2022"],
        "score": "confidence",
    }
    return given | options


OPEN = _factor("burglary", "streets", where={"crime": ["burglary"]})
POOR = {
    "name": "poor",
    "label": "Poor households",
    "source": "census",
    "numerator": "poor",
    "denominator": "all",
    "method": "threshold",
    "threshold": 0.3,
    "score": "threshold",
}
HOMES = _factor("homes", "suspects")
VICTIMS = _factor("victims", "victims", method="window", exposure="residents")
DRUGS = _factor("drugs", "drugs", score="flag")
YEARS = ("2020", "2021", "2022")
MIXED = {
    "name": "mixed",
    "label": "Disorder",
    "method": "getis-ord",
    "periods": ["2022"],
    "score": "confidence",
    "event_groups": [
        {"label": "nuisance", "source": "streets", "weight": 1},
        {"label": "fires", "source": "fires", "weight": 3},
    ],
}
HARM = {
    "name": "harm",
    "label": "Harm",
    "method": "window",
    "exposure": "residents",
    "periods": ["2022"],
    "score": "confidence",
    "event_groups": [
        {"label": "wounding", "source": "suspects", "weight": 1},
        {"label": "fires", "source": "fires", "weight": 3},
    ],
}
SERVED = {
    "name": "served",
    "label": "Children in need",
    "source": "council",
    "method": "poisson",
    "numerator": "in_need",
    "denominator": "children",
    "score": "confidence",
}
PEOPLE = {"suspects": 2.5, "victims": 4.0, "drugs": 1.0, "streets": 5.0, "fires": 0.6}


def _halves(column: int, _row: int) -> str:
    return "West" if column < 4 else "East"


def _lonely(column: int, row: int) -> str:
    """One district of a single area, one of two, and the rest."""
    return "Islet" if (column, row) == (0, 0) else "Isle" if row == 0 and column < 3 else "Main"


SHAPES: dict[str, Shape] = {
    "districts": Shape(8, 8, _halves, (HOMES, VICTIMS, DRUGS, OPEN, POOR), PEOPLE),
    "no districts": Shape(7, 6, None, (HOMES, VICTIMS, OPEN), PEOPLE, sensitive=2),
    "one area districts": Shape(8, 6, _lonely, (HOMES, VICTIMS, DRUGS, POOR), PEOPLE, sensitive=3),
    "sparse and dense": Shape(
        12,
        9,
        _halves,
        (
            _factor("rare", "rare"),
            {**VICTIMS, "periods": [*YEARS], "score": "persistence"},
            HOMES | {"scored": False},
            OPEN,
        ),
        PEOPLE | {"rare": 0.08, "victims": 30.0},
        years=YEARS,
        sensitive=2,
    ),
    "strength": Shape(
        8,
        7,
        _halves,
        ({**HOMES, "score": "intensity"}, {**VICTIMS, "score": "intensity"}, DRUGS, OPEN),
        PEOPLE,
        config={"index": {"weights": "pca"}},
    ),
    "large": Shape(
        8,
        8,
        _halves,
        (
            {**VICTIMS, "periods": [*YEARS], "score": "persistence", "persistence": "counted"},
            {**HOMES, "periods": [*YEARS], "scan": True},
            DRUGS,
            HARM,
        ),
        PEOPLE,
        years=YEARS,
        residents=5_000.0,
    ),
    "context": Shape(
        9,
        7,
        _halves,
        (HOMES, MIXED, DRUGS, POOR),
        PEOPLE,
        context=14,
        sensitive=1,
        config={"release": {"hotspots": "protected", "membership": "protected"}},
    ),
    "table": Shape(8, 7, _halves, (HOMES, SERVED, DRUGS, OPEN), PEOPLE, table=True),
    "silence": Shape(
        7, 6, _halves, (_factor("rare", "rare"), HOMES, VICTIMS, OPEN), PEOPLE | {"rare": 0.0}
    ),
}
"""Kinds of county, by name."""


class World(NamedTuple):
    """What a run reads, and the shape that it has."""

    shape: Shape
    config: Config
    given: Given


def make_world(name: str, *, seed: int = 1) -> World:
    """A world of a shape, the same for the same seed."""
    shape, rng = SHAPES[name], np.random.default_rng(seed)
    config = _config(shape)
    areas = _areas(shape, rng)
    tables = _tables(areas, shape, rng)
    counts = _counts(areas, config, shape, rng)
    prints = _fresh(counts, rng)
    rhythm = _rhythm(areas, config, counts, rng)
    given = Given(
        areas=areas,
        tables=tables,
        counts=counts,
        fingerprints=prints,
        reconciliation=_reconciliation(config, counts),
        uncounted=pd.DataFrame(),
        rhythm=over_periods(rhythm),
        notes=_notes(config, counts),
        files=pd.DataFrame(columns=["role", "name", "bytes", "sha256", "rows"]),
        group_counts=counts,
        group_fingerprints=prints,
        measured=_measured(config, counts, prints, rhythm),
    )
    world = World(shape, config, given)
    codes = list(areas.index[: len(areas) - shape.context])
    return with_places(world, tuple(codes[5 : 5 + 7 * shape.sensitive : 7]))


def result_of(world: World) -> Result:
    """What the run finds in a world."""
    return analyse(world.config, world.given)


def given_of(result: Result) -> Given:
    """What of a result its composition is made of."""
    nothing = pd.DataFrame()
    return Given(
        areas=result.areas,
        tables=result.tables,
        counts=result.counts,
        reconciliation=nothing,
        uncounted=nothing,
        rhythm=nothing,
        notes=(),
        files=nothing,
    )


def held(result: Result, as_in: Result, profile: str) -> Result:
    """A result with another's list, and for partners with its flags."""
    index = result.index.assign(selected=as_in.index["selected"])
    chosen = index["selected"].astype(bool)
    people = composition_of(result.config, given_of(result), chosen)
    result = replace(result, index=index, cut=as_in.cut, composition=people)
    if profile == "public":
        return result
    closed = restricted_factors(result.config)
    tables = {
        "hotspots": FLAGS,
        "persistence": LASTING,
        "scores": ("is_hot", "kind"),
        "tests": ("hot",),
    }
    made = {}
    for table, names in tables.items():
        own = getattr(result, table).copy()
        mine = own.index.get_level_values("factor").isin(closed)
        for column in (c for c in names if c in own):
            own[column] = own[column].mask(mine, getattr(as_in, table)[column])
        made[table] = own
    banded = made["scores"]
    kept = [f.name for f in result.config.factors if f.score not in ("intensity", "value")]
    mine = banded.index.get_level_values("factor").isin(kept)
    banded["score"] = banded["score"].mask(mine, as_in.scores["score"])
    return replace(result, **made)


def with_places(world: World, codes: Sequence[str]) -> World:
    """The same world with sensitive places in some areas."""
    given = world.given
    assert given.group_counts is not None
    assert given.group_fingerprints is not None
    closed = restricted_columns(given.group_counts, world.config)
    return world._replace(
        given=given._replace(
            counts=without_events(given.group_counts, codes, closed),
            fingerprints=without_events(given.group_fingerprints, codes, closed),
            places=SensitivePlaces(codes=frozenset(codes)),
        )
    )


def _config(shape: Shape) -> Config:
    names = sorted(
        {
            g["source"]
            for f in shape.factors
            for g in [f, *f.get("event_groups", ())]
            if "source" in g
        }
        - {"streets", "census", "council"}
    )
    events = {
        name: {
            "kind": "events",
            "path": f"{name}.csv",
            "date": "date",
            "area": "area",
            "age": "age",
            "sex": "sex",
        }
        for name in names
    }
    alike = next(f for f in shape.factors if f.get("source") in names)
    open_table = {"protection": "open", "address": "https://example.org/census", "licence": "OGL"}
    sources = {
        **events,
        "streets": {"kind": "police.uk", "path": "streets.zip"},
        "census": {
            "kind": "table",
            "path": "census.csv",
            **open_table,
            "columns": {"poor": "poor", "all": "all", "people": "people", "old": "old"},
        },
    }
    if shape.table:
        columns = {"in_need": "in_need", "children": "children"}
        sources["council"] = {"kind": "table", "path": "council.csv", "columns": columns}
    values = {
        "title": "A small world",
        "place": "Smallshire",
        "seed": 4,
        "areas": {"boundaries": "areas.gpkg", "code": "code"},
        "bases": {"residents": "census.people"},
        "sources": sources,
        "factors": [dict(f) for f in shape.factors],
        "shares": {"Older people": {"numerator": "census.old", "denominator": "census.people"}},
        "selection": {"share": 0.1},
        "robustness": {"draws": 20},
        "measures": {
            MEASURE: {"label": "Measured", "source": alike["source"], "periods": alike["periods"]}
        },
        "figures": [
            {"name": "asked", "kind": "share", "of": MEASURE, "against": alike["name"]},
            {"name": "young", "kind": "mix", "of": MEASURE, "by": "age", "bands": BANDS},
        ],
        **shape.config,
    }
    return parse_config(values)


def _areas(shape: Shape, rng: np.random.Generator) -> gpd.GeoDataFrame:
    cells = [(c, r) for r in range(shape.rows) for c in range(shape.columns)]
    n = len(cells)
    table: dict[str, Any] = {"name": [f"Place {k:03d}" for k in range(n)]}
    if shape.districts:
        table["district"] = [shape.districts(c, r) for c, r in cells]
    table["residents"] = rng.integers(0.7 * shape.residents, 1.3 * shape.residents, n).astype(float)
    if shape.context:
        table["is_context"] = np.arange(n) >= n - shape.context
    table["on_boundary"] = [c in (0, shape.columns - 1) for c, _ in cells]
    shapes = [
        box(560_000 + 500 * c, 200_000 + 500 * r, 560_500 + 500 * c, 200_500 + 500 * r)
        for c, r in cells
    ]
    index = pd.Index([f"E0199{k:04d}" for k in range(n)], name="area_code")
    return gpd.GeoDataFrame(table, geometry=shapes, index=index, crs=27700)


def _tables(areas: gpd.GeoDataFrame, shape: Shape, rng: np.random.Generator) -> pd.DataFrame:
    people = areas["residents"].to_numpy()
    columns = {
        ("census", "people"): people,
        ("census", "old"): np.floor(people * rng.uniform(0.1, 0.3, len(areas))),
        ("census", "all"): np.floor(people / 2.4),
        ("census", "poor"): np.floor(people / 2.4 * rng.beta(3, 10, len(areas))),
    }
    if shape.table:
        children = np.floor(people * rng.uniform(0.1, 0.3, len(areas)))
        columns["council", "children"] = children
        columns["council", "in_need"] = rng.binomial(children.astype(int), 0.04).astype(float)
    return pd.DataFrame(columns, index=areas.index)


def _counts(
    areas: gpd.GeoDataFrame, config: Config, shape: Shape, rng: np.random.Generator
) -> pd.DataFrame:
    columns, parts = [], []
    at = np.column_stack([areas.geometry.centroid.x, areas.geometry.centroid.y])
    apart = np.linalg.norm(at - at[len(at) // 2 - 2], axis=1)
    planted = 1 + 5 * np.exp(-((apart / 900) ** 2))
    for factor in config.factors:
        for period in factor.periods:
            for group in factor.groups:
                risk = rng.gamma(4, 0.25, len(areas)) * planted
                columns.append((factor.name, group.label, str(period)))
                parts.append(rng.poisson(shape.rates[group.source] * risk))
    index = pd.MultiIndex.from_tuples(columns, names=["factor", "group", "period"])
    return pd.DataFrame(np.column_stack(parts), index=areas.index, columns=index).astype("Int64")


def _fresh(counts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    drawn = rng.integers(1, 2**63, counts.shape).astype(np.uint64)
    prints = np.where(counts.to_numpy(float) > 0, drawn, np.uint64(0))
    return pd.DataFrame(prints, index=counts.index, columns=counts.columns)


def _reconciliation(config: Config, counts: pd.DataFrame) -> pd.DataFrame:
    lines = {}
    for factor, group, _ in counts.columns:
        asked = next(f for f in config.factors if f.name == factor)
        source = next(g.source for g in asked.groups if g.label == group)
        read = int(counts[factor].to_numpy(float).sum())
        lines[source, factor] = lines[source, ""] = [read, read] + [0] * (len(RECONCILIATION) - 2)
    index = pd.MultiIndex.from_tuples(list(lines), names=["source", "factor"])
    return pd.DataFrame(list(lines.values()), index=index, columns=RECONCILIATION)


def _notes(config: Config, counts: pd.DataFrame) -> tuple[str, ...]:
    columns = [
        f"{name}: {int(counts.to_numpy(float).sum()):,} events, 3 of them without a date."
        for name in config.sources
    ]
    busiest = counts.sum(axis=1).idxmax()
    return (
        "Areas: 2 shapes were repaired.",
        "12 areas lie at the edge of the study area.",
        *columns,
        f"The {config.factors[0].name}: most events lie in {busiest}.",
    )


MEASURE = "measured"
"""A measure that counts what one of the factors counts."""
BANDS = {"young": (10, 17), "under 25": (0, 24)}
"""Bands of ages that a figure asks for."""


def _measured(
    config: Config, counts: pd.DataFrame, prints: pd.DataFrame, rhythm: pd.DataFrame
) -> Measured:
    """The measure of a world, by the records of the factor that counts the same."""
    source = config.measures[MEASURE].source
    alike = next(f.name for f in config.factors if f.source == source)
    renamed = {alike: MEASURE}
    mine = counts.columns.get_level_values("factor") == alike
    lines = rhythm[rhythm.index.get_level_values("factor") == alike]
    return NOTHING_MEASURED._replace(
        counts=counts.loc[:, mine].rename(columns=renamed, level="factor"),
        fingerprints=prints.loc[:, mine].rename(columns=renamed, level="factor"),
        rhythm=pd.concat([rhythm, lines.rename(renamed, level="factor")]).sort_index(),
    )


# The rhythm


def _rhythm(
    areas: gpd.GeoDataFrame, config: Config, counts: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    kind = profile_kind(group_kinds(areas))
    study = ~areas["is_context"] if "is_context" in areas else pd.Series(True, areas.index)
    places = (areas[kind] if kind else pd.Series(config.place, areas.index)).where(study, "")
    rows = []
    for factor in config.factors:
        if not factor.counts_events:
            continue
        for group in factor.groups:
            totals = counts[factor.name][group.label].groupby(places).sum()
            for (place, period), total in totals.stack().items():
                for aspect, values in _aspects(period, config.sources[group.source]):
                    law = rng.dirichlet([1.5] * len(values))
                    found = rng.multinomial(int(total), law)
                    rows += [
                        (factor.name, group.label, period, place, aspect, value, n)
                        for value, n in zip(values, found.tolist(), strict=True)
                        if n
                    ]
    table = pd.DataFrame(rows, columns=[*BY_PERIOD, "records"])
    table["fingerprint"] = rng.integers(1, 2**63, len(table)).astype(np.uint64)
    return table.set_index(BY_PERIOD).astype(COUNTED).sort_index()


def _aspects(year: str, source: Any) -> Iterator[tuple[str, list[str]]]:
    yield "month", [f"{year}-{month:02d}" for month in range(1, 13)]
    if getattr(source, "sex", None):
        yield "weekday", [str(day) for day in range(1, 8)]
        yield "hour", [*(f"{hour:02d}" for hour in range(0, 24, 3)), ""]
        yield "sex", ["F", "M", ""]
        yield "age", ["14", "17", "22", "40", ""]


# Another world in which nothing that may be seen is different


def another(world: World, rng: np.random.Generator, *, changes: int = 25, lines: int = 40) -> World:
    """A world with other true counts, fingerprints and rhythm, and the same noised cells.

    Parameters
    ----------
    world
        The world to start from.
    rng
        Draws the changes.
    changes
        Pairs of areas tried for each restricted factor and period.
    lines
        Lines tried for each aspect of the rhythm.
    """
    given = world.given
    assert given.group_counts is not None
    assert given.group_fingerprints is not None
    empties = empty_noise(world)
    counts, prints = given.group_counts.copy(), given.group_fingerprints.copy()
    for column in restricted_columns(counts, world.config):
        cells = _Cells.of(world, counts, prints, column, empties[column])
        for _ in range(changes):
            cells.change(rng)
        counts[column] = pd.array(cells.counts, dtype="Int64")
        prints[column] = cells.prints
    _swap_between_groups(world, counts, prints, empties, rng)
    rhythm = _other_rhythm(world, rng, lines)
    made = world._replace(
        given=given._replace(
            group_counts=counts,
            group_fingerprints=prints,
            rhythm=over_periods(rhythm),
            measured=_measured(world.config, counts, prints, rhythm),
            tables=_other_tables(world, rng),
            notes=_notes(world.config, counts),
            reconciliation=_other_lines(world, counts),
        )
    )
    return with_places(made, tuple(given.places.codes))


def _swap_between_groups(
    world: World,
    counts: pd.DataFrame,
    prints: pd.DataFrame,
    empties: pd.DataFrame,
    rng: np.random.Generator,
) -> None:
    """Turn events of one group into events of another, of factors that have several."""
    closed = restricted_columns(counts, world.config)
    pairs = [
        (one, other)
        for one in closed
        for other in closed
        if one[0] == other[0] and one[2] == other[2] and one[1] < other[1]
    ]
    for one, other in pairs:
        for at in rng.choice(len(counts), 30, replace=False):
            cells = _Cells.of(world, counts, prints, one, empties[one])
            fellow = _Cells.of(world, counts, prints, other, empties[other])
            if not cells.turn(fellow, int(at), rng):
                continue
            for column, made in ((one, cells), (other, fellow)):
                counts[column] = pd.array(made.counts, dtype="Int64")
                prints[column] = made.prints


def _other_lines(world: World, counts: pd.DataFrame) -> pd.DataFrame:
    """What became of the events: other numbers for restricted sources."""
    made = _reconciliation(world.config, counts)
    made[RECONCILIATION[0]] += 7
    open_lines = made.index.get_level_values("source") == "streets"
    made.loc[open_lines] = world.given.reconciliation.loc[open_lines]
    return made


def empty_noise(world: World) -> pd.DataFrame:
    """Noise of each area's cell of each restricted measure where it has no record."""
    given = world.given
    nothing, no_prints = given.counts * 0, given.fingerprints * np.uint64(0)
    seen = _bare(world)._replace(counts=nothing, fingerprints=no_prints)
    return noised_areas(seen, KEY)  # type: ignore[arg-type]


class _Bare(NamedTuple):
    config: Config
    areas: gpd.GeoDataFrame
    counts: pd.DataFrame
    fingerprints: pd.DataFrame
    tables: pd.DataFrame
    part_periods: frozenset[tuple[str, str]] = frozenset()


def _bare(world: World) -> _Bare:
    """What cells are made of, of which alone is looked at."""
    given = world.given
    return _Bare(world.config, given.areas, given.counts, given.fingerprints, given.tables)


class _Cells:
    """One restricted column, with the cells of groups that it is a part of."""

    def __init__(
        self,
        counts: Integers,
        prints: Fingerprints,
        empty: Integers,
        groups: Integers,
        rest: tuple[Fingerprints, Integers],
        *,
        exact: bool,
        keep: Flags,
        open_areas: Flags,
        epsilon: float,
        empty_groups: Callable[[Sequence[str]], Fingerprints],
        codes: Sequence[str],
    ) -> None:
        self.counts, self.prints, self.empty = counts, prints, empty
        self.groups, self.exact, self.keep, self.epsilon = groups, exact, keep, epsilon
        self.rest, self.open_areas = rest, open_areas
        self.empty_groups = {
            g: empty_groups([c for c, mine in zip(codes, self._members(g), strict=True) if mine])
            for g in self._all_groups()
        }
        self.held = self._noised(counts, prints)
        self.held_groups = {g: self._group(g, counts, prints) for g in self._all_groups()}

    @classmethod
    def of(
        cls,
        world: World,
        counts: pd.DataFrame,
        prints: pd.DataFrame,
        column: Any,
        empty: "pd.Series[int]",
    ) -> "_Cells":
        areas, config = world.given.areas, world.config
        kind = profile_kind(group_kinds(areas))
        names = areas[kind] if kind else pd.Series(config.place, areas.index)
        around = areas.get("is_context")
        keep = np.ones(len(areas), bool) if around is None else ~around.to_numpy(bool)
        factor, _, period = column
        others = [c for c in counts.columns if c[0] == factor and c[2] == period and c != column]
        rest = (
            prints[others].to_numpy(np.uint64).sum(axis=1, dtype=np.uint64),
            counts[others].to_numpy(np.int64).sum(axis=1),
        )
        measure = released.rule_of(config, str(factor))

        def empty_groups(codes: Sequence[str]) -> Fingerprints:
            return released.empty_prints([of_place(*sorted(codes))], measure, str(period))

        return cls(
            counts[column].to_numpy(np.int64).copy(),
            prints[column].to_numpy(np.uint64).copy(),
            empty.to_numpy(np.int64),
            pd.factorize(names)[0],
            rest,
            exact=is_exact(_bare(world), str(factor), str(period)),
            keep=keep,
            open_areas=~areas.index.isin(list(world.given.places.codes)),
            epsilon=config.release.epsilon,
            empty_groups=empty_groups,
            codes=list(areas.index),
        )

    def _all_groups(self) -> list[int]:
        return [-1, *np.unique(self.groups[self.keep]).tolist()]

    def _members(self, group: int) -> Flags:
        return self.keep & ((self.groups == group) | (group == -1))

    def _noised(self, counts: Any, prints: Fingerprints) -> Integers:
        drawn = noise(prints, KEY, self.epsilon)
        return np.asarray(np.where(prints == 0, self.empty, counts + drawn), dtype=np.int64)

    def _group(self, group: int, counts: Any, prints: Fingerprints) -> int:
        some = self._members(group)
        total = int((counts + self.rest[1])[some].sum())
        if group == -1 and self.exact:
            return total
        print_ = (prints + self.rest[0])[some].sum(dtype=np.uint64)
        used = self.empty_groups[group] if print_ == 0 else np.array([print_])
        return total + int(noise(used, KEY, self.epsilon)[0])

    def change(self, rng: np.random.Generator) -> bool:
        """Move some events between two areas, with fingerprints that hide it; or do nothing."""
        a, b = rng.choice(len(self.counts), 2, replace=False)
        counts = self.counts.copy()
        counts[a] = max(counts[a] + int(rng.integers(-4, 5)), 0)
        lost = self.counts[a] - counts[a]
        if self.exact or rng.random() < 0.5:
            counts[b] += lost
        if counts[b] < 0 or not lost:
            return False
        moved = [k for k in (a, b) if counts[k] != self.counts[k]]
        found = [self._fitting(k, int(counts[k]), rng) for k in moved]
        for _ in range(400 if all(map(len, found)) else 0):
            prints = self.prints.copy()
            prints[moved] = [rng.choice(some) for some in found]
            if all(self._group(g, counts, prints) == n for g, n in self.held_groups.items()):
                self.counts, self.prints = counts, prints
                return True
        return False

    def turn(self, other: "_Cells", at: int, rng: np.random.Generator) -> bool:
        """Turn one event of another group in an area into one of this, hidden; or do nothing."""
        mine, its = self.counts.copy(), other.counts.copy()
        mine[at] += 1
        its[at] -= 1
        if its[at] < 0:
            return False
        found = self._fitting(at, int(mine[at]), rng), other._fitting(at, int(its[at]), rng)
        for _ in range(400 if all(map(len, found)) else 0):
            prints, its_prints = self.prints.copy(), other.prints.copy()
            prints[at], its_prints[at] = (rng.choice(some) for some in found)
            self.rest = (its_prints, its)
            if all(self._group(g, mine, prints) == n for g, n in self.held_groups.items()):
                self.counts, self.prints = mine, prints
                other.counts, other.prints = its, its_prints
                return True
        return False

    def _fitting(self, at: int, count: int, rng: np.random.Generator) -> Fingerprints:
        """Fingerprints with which an area's noised count stays."""
        if count == 0:
            fits = not self.open_areas[at] or self.empty[at] == self.held[at]
            return np.zeros(int(fits), dtype=np.uint64)
        drawn = rng.integers(1, 2**63, CANDIDATES // 20).astype(np.uint64)
        if not self.open_areas[at]:
            return drawn  # its events decide nothing
        drawn = rng.integers(1, 2**63, CANDIDATES).astype(np.uint64)
        return np.asarray(drawn[count + noise(drawn, KEY, self.epsilon) == self.held[at]])


def _other_tables(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """Other numbers in the restricted table, whose noise hides them."""
    tables = world.given.tables.copy()
    for column in [c for c in tables.columns if c[0] == "council"]:
        old = tables[column].to_numpy(float)
        codes = [str(code) for code in tables.index]
        held_ = old + _table_noise(codes, old, world.config)
        for step in (1, -1, 2, -2, 3):
            tried = np.maximum(tables[column].to_numpy(float) + step, 0)
            fits = tried + _table_noise(codes, tried, world.config) == held_
            fits &= rng.random(len(fits)) < 0.8
            tables[column] = np.where(fits, tried, tables[column].to_numpy(float))
    return tables


def _table_noise(codes: Sequence[str], values: Any, config: Config) -> Integers:
    cells = [of_place(code, str(int(value))) for code, value in zip(codes, values, strict=True)]
    return noise(np.array(cells, dtype=np.uint64), KEY, config.release.epsilon)


def _other_rhythm(world: World, rng: np.random.Generator, lines: int) -> pd.DataFrame:
    """Other records by month, day, hour and sex; some cells become empty, others are filled."""
    table = world.given.measured.rhythm.drop(MEASURE, level="factor", errors="ignore").reset_index()
    closed = list(restricted_factors(world.config))
    kept = table[~table["factor"].isin(closed)]
    parts = [kept]
    for (factor, group, _), part in table[table["factor"].isin(closed)].groupby(
        ["factor", "group", "aspect"]
    ):
        measure = released.rule_of(world.config, str(factor), group=str(group))
        parts.append(_other_aspect(part.copy(), measure, world.config.release.epsilon, rng, lines))
    table = pd.concat(parts).set_index(BY_PERIOD).astype(COUNTED).sort_index()
    return table[table["records"] > 0]


def _other_aspect(
    part: pd.DataFrame, measure: str, epsilon: float, rng: np.random.Generator, lines: int
) -> pd.DataFrame:
    """Records of single cells changed, with every noised cell that they are in as it was."""
    part = part.reset_index(drop=True)
    for at in rng.permutation(len(part))[:lines]:
        if str(part.at[at, "place"]) == "":
            continue
        n = int(part.at[at, "records"])
        print_ = part.loc[[at], "fingerprint"].to_numpy(np.uint64)
        other = max(n + int(rng.integers(-3, 4)), 0)
        tried = rng.integers(1, 2**63, TRIED if other else 1).astype(np.uint64) * (other > 0)
        for inside, words, label in _cells_with(part, at):
            empty = released.empty_prints([of_place(*words)], measure, label)
            total = int(part.loc[inside, "records"].sum())
            prints = part.loc[inside, "fingerprint"].to_numpy(np.uint64).sum(keepdims=True)
            was = total + noise(np.where(prints == 0, empty, prints), KEY, epsilon)
            new = prints - print_ + tried
            drawn = noise(np.where(new == 0, empty, new), KEY, epsilon)
            tried = tried[was == total - n + other + drawn]
        if len(tried):
            part.at[at, "records"] = other
            part.at[at, "fingerprint"] = tried[0]
    return part


TRIED = 3_000
"""Fingerprints that are tried for one changed cell of the rhythm."""


def _cells_with(
    part: pd.DataFrame, at: int
) -> Iterator[tuple["pd.Series[bool]", tuple[str, ...], str]]:
    """Released cells that a line is in: its lines, the words for its place, its aspect and period.

    They are those of its value, of each band of ages that it is in and of all values, in its
    period and over all periods, for its place and for the whole.
    """
    line = part.loc[at]
    place, value, aspect, period = (
        str(line[name]) for name in ("place", "value", "aspect", "period")
    )
    study, year = part["place"] != "", part["period"] == line["period"]
    ages = pd.to_numeric(part["value"], errors="coerce").where(part["aspect"] == "age")
    bands = [band for band in BANDS.values() if band[0] <= ages[at] <= band[1]]
    for here, name in ((part["place"] == line["place"], place), (study, WHOLE)):
        alike = here & (part["value"] == line["value"])
        yield alike & year, (name, value), f"{aspect} {period}"
        yield alike, (name, value), aspect
        for band in bands:
            yield here & year & ages.between(*band), (name, band_label(band)), f"age {period}"
        yield here & year, (name,), f"all {period}"
        yield here, (name,), "all "


def with_two_lists_alike(world: World) -> tuple[World, tuple[str, ...], tuple[str, ...]]:
    """A world, and two lists of sensitive places in the same districts that noise hides.

    The cells of the areas of either list have records whose noised counts are those of no record,
    so that it cannot be seen in which of them the events decide nothing.
    """
    given, rng = world.given, np.random.default_rng(8)
    assert given.group_counts is not None
    assert given.group_fingerprints is not None
    here = tuple(sorted(given.places.codes))
    free = [code for code in given.areas.index if code not in here]
    kind = profile_kind(group_kinds(given.areas))
    context = given.areas.get("is_context")
    there = []
    for code in here:
        alike = [
            other
            for other in free
            if (kind is None or given.areas.at[other, kind] == given.areas.at[code, kind])
            and (context is None or not context[other])
        ]
        there.append(str(rng.choice(alike)))
        free.remove(there[-1])
    empties = empty_noise(world)
    counts, prints = given.group_counts.copy(), given.group_fingerprints.copy()
    for column in restricted_columns(counts, world.config):
        for code in (*here, *there):
            count, wanted = int(rng.integers(1, 4)), int(empties.at[code, column])
            drawn = rng.integers(1, 2**63, CANDIDATES).astype(np.uint64)
            fits = drawn[count + noise(drawn, KEY, world.config.release.epsilon) == wanted]
            if len(fits):
                counts.at[code, column], prints.at[code, column] = count, fits[0]
            else:
                counts.at[code, column], prints.at[code, column] = 0, np.uint64(0)
    made = given._replace(group_counts=counts, group_fingerprints=prints)
    return world._replace(given=made), here, tuple(there)
