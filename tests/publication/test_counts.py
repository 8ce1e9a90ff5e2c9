"""Which counts of groups leave, on both sides of every bound; and which totals leave exactly."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from worlds import KEY

from riskindex import parse_config
from riskindex.areas.groups import WHOLE
from riskindex.assessment.place_counts import NOTHING_MEASURED
from riskindex.disclosure import WITHHELD, CellRules
from riskindex.errors import ConfigError
from riskindex.publication.cells import noise
from riskindex.publication.counts import is_exact, published_totals, released_places
from riskindex.publication.rhythm import released_rhythm

RULES = CellRules()
QUIET = next(
    int(print_)
    for print_ in range(1, 1_000)
    if noise(np.array([print_], dtype=np.uint64), KEY, RULES.epsilon)[0] == 0
)
"""A fingerprint without noise; the other areas of a group have 0, as if they held no record."""


def config_of(measures=(), sources=None, **factor):
    """A config with one restricted factor of events, and measures beside it."""
    events = {"kind": "events", "path": "a.csv", "date": "date", "area": "area"}
    given = {"a": {}, **(sources or {})}
    return parse_config(
        {
            "title": "Small",
            "place": "Smallshire",
            "areas": {"boundaries": "areas.gpkg", "code": "code"},
            "sources": {name: events | options for name, options in given.items()},
            "factors": [
                {
                    "name": "f",
                    "label": "F",
                    "source": "a",
                    "method": "getis-ord",
                    "periods": ["2022"],
                    "score": "confidence",
                }
                | factor
            ],
            "measures": {
                f"m{k}": {"label": f"M {k}", "source": "a"} | m for k, m in enumerate(measures)
            },
            "selection": {"share": 0.1},
        }
    )


def result_of(counts, *, residents, places, config=None, part_periods=()):
    """Counts of areas, all of whose records in one area of each place have no noise."""
    codes = pd.Index([f"E{k:03d}" for k in range(len(counts))], name="area_code")
    column = pd.MultiIndex.from_tuples([("f", "all", "2022")], names=["factor", "group", "period"])
    first = ~pd.Series(places).duplicated().to_numpy()
    prints = np.where(first, QUIET, 0).astype(np.uint64)
    table = pd.DataFrame({"district": places, "residents": residents}, index=codes)
    return SimpleNamespace(
        config=config or config_of(),
        areas=table.astype({"residents": float}),
        counts=pd.DataFrame(np.array(counts)[:, None], codes, column).astype("Int64"),
        group_counts=pd.DataFrame(np.array(counts)[:, None], codes, column).astype("Int64"),
        group_fingerprints=pd.DataFrame(prints[:, None], codes, column),
        measured=NOTHING_MEASURED,
        tables=pd.DataFrame(index=codes),
        part_periods=frozenset(part_periods),
    )


def groups_of(result):
    """What leaves of the counts of districts, and of the whole, by its name."""
    nowhere = pd.Series(dtype=object)
    table = released_places(result, KEY, RULES, named=nowhere).sort_index().loc["f", "2022"]
    return table.rename(columns={"count": "events"}).droplevel("place_kind")


def rhythm_of(result, place="A"):
    """Months of the first district or the whole, with the records of the district's areas."""
    n = int(result.group_counts.iloc[:, 0][result.areas["district"] == "A"].sum())
    line = pd.MultiIndex.from_tuples(
        [("f", "all", "2022", "A", "month", "2022-03")],
        names=["factor", "group", "period", "place", "aspect", "value"],
    )
    lines = pd.DataFrame({"records": [n], "fingerprint": [QUIET]}, index=line)
    found = released_rhythm(lines.astype({"fingerprint": "uint64"}), result, KEY, RULES)
    return found.xs(place, level="place")


@pytest.mark.parametrize(
    ("areas", "residents", "mark"),
    [
        (2, 10_000, WITHHELD),  # two areas
        (3, 10_000, ""),
        (4, 1_249.75, WITHHELD),  # 4,999 residents
        (4, 1_250, ""),
    ],
)
def test_a_group_has_three_areas_and_five_thousand_residents(areas, residents, mark):
    others = 6
    result = result_of(
        [40] * areas + [40] * others,
        residents=[residents] * areas + [5_000] * others,
        places=["A"] * areas + ["B"] * others,
    )
    found = groups_of(result)
    assert found.loc["A", "mark"] == mark
    assert found.loc["A", "events"] == 40 * areas or mark == WITHHELD
    assert pd.isna(found.loc["A", "events"]) == (mark == WITHHELD)
    assert found.loc["B", "mark"] == ""
    month = rhythm_of(result).xs("2022-03", level="value").iloc[0]
    assert month["mark"] == mark
    assert pd.isna(month["records"]) == (mark == WITHHELD)


@pytest.mark.parametrize(("residents", "exact"), [(249_999, False), (250_000, True)])
def test_the_whole_of_a_large_study_area_is_exact(residents, exact):
    result = result_of([301, 0, 2, 0], residents=[residents / 4] * 4, places=["A"] * 4)
    assert groups_of(result).loc[WHOLE, "events"] == (303 if exact else 305)
    assert groups_of(result).loc["A", "events"] == 305
    assert published_totals(result).notna().all() == exact


@pytest.mark.parametrize(("areas", "residents"), [(2, 10_000), (3, 1_600)])
def test_a_whole_that_is_small_is_withheld_as_a_small_place_is(areas, residents):
    small = result_of([40] * areas, residents=[residents] * areas, places=["A"] * areas)
    assert set(groups_of(small)["mark"]) == {WITHHELD}
    assert set(rhythm_of(small, place=WHOLE)["mark"]) == {WITHHELD}
    large = result_of([40] * 3, residents=[5_000] * 3, places=["A"] * 3)
    assert rhythm_of(large, place=WHOLE)["records"].notna().any()


LARGE = {"residents": [100_000.0] * 4, "places": ["A"] * 4}


def large(config, **options):
    return result_of([3, 0, 0, 0], config=config, **LARGE, **options)


def test_a_rule_over_an_undeclared_column_gives_no_exact_total():
    rule = {"where": {"ethnicity": ["a"]}}
    leaving = groups_of(large(config_of(**rule)))
    assert leaving.loc[WHOLE, "mark"] == WITHHELD
    assert pd.isna(leaving.loc[WHOLE, "events"])
    assert published_totals(large(config_of(**rule))).isna().all()


def test_a_rule_over_columns_of_the_offence_gives_an_exact_total():
    sources = {"a": {"offence_columns": ["offence"]}}
    config = config_of(sources=sources, where={"offence": ["murder"]})
    assert groups_of(large(config)).loc[WHOLE, "events"] == 3
    mixed = config_of(sources=sources, where={"offence": ["murder"], "school": ["x"]})
    assert not is_exact(large(mixed), "f", "2022")
    source = {"a": {"offence_columns": ["offence"], "where": {"sex": ["F"]}}}
    assert not is_exact(large(config_of(sources=source)), "f", "2022")


def test_no_column_of_a_person_is_declared_one_of_the_offence():
    with pytest.raises(ConfigError, match="'sex' says something of a person"):
        config_of(sources={"a": {"sex": "sex", "offence_columns": ["sex"]}})


def test_a_definition_over_an_undeclared_column_gives_no_exact_total():
    clause = {"column": "weapon", "values": ["knife"], "not_recorded": "out"}
    values = config_of().model_dump(mode="json", exclude_none=True)
    values["definitions"] = {"knives": {"label": "Knives", "all": [clause]}}
    values["factors"][0]["definition"] = "knives"
    assert not is_exact(large(parse_config(values)), "f", "2022")
    values["sources"]["a"]["offence_columns"] = ["weapon"]
    assert is_exact(large(parse_config(values)), "f", "2022")


def test_a_part_of_a_year_has_no_exact_total():
    assert is_exact(large(config_of()), "f", "2022")
    assert not is_exact(large(config_of(), part_periods=[("f", "2022")]), "f", "2022")
    leaving = groups_of(large(config_of(), part_periods=[("f", "2022")]))
    assert leaving.loc[WHOLE, "mark"] == WITHHELD


def test_years_that_overlap_in_part_have_no_exact_totals():
    financial = {"periods": ["2022-23"], "unit": "financial-year"}
    other_rule = financial | {"where": {"offence": ["murder", "none"]}}
    for measure in (financial, other_rule):
        assert not is_exact(large(config_of([measure])), "f", "2022")
    apart = {"periods": ["2023-24"], "unit": "financial-year"}
    assert is_exact(large(config_of([apart])), "f", "2022")
    assert is_exact(large(config_of([{"periods": ["2021", "2022"]}])), "f", "2022")


def test_the_same_file_under_another_name_is_the_same_records():
    financial = {"periods": ["2022-23"], "unit": "financial-year", "source": "b"}
    one, other = {"b": {}}, {"b": {"path": "b.csv"}}
    assert not is_exact(large(config_of([financial], sources=one)), "f", "2022")
    assert is_exact(large(config_of([financial], sources=other)), "f", "2022")


def test_months_have_no_exact_totals():
    config = config_of([{"periods": ["2020-01"], "unit": "month"}])
    assert not is_exact(large(config), "m0", "2020-01")
