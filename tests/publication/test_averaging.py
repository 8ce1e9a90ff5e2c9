"""One count asked for in many spellings has one noise, so that no mean of answers tells it."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fault_corpus import feature
from list_refusals import ask_no_other_choices, lists_may_leave

from riskindex import parse_config, release, run
from riskindex.publication import counts as counts_of_groups
from riskindex.publication import rhythm as rhythm_of_groups
from riskindex.publication.cells import protect
from riskindex.publication.counts import noised_areas
from riskindex.publication.key import read_key

CODES = [f"E0107{k:04d}" for k in range(24)]
Spelling = Callable[[dict[str, Any], Path], None]
SPELLINGS: dict[str, Spelling] = {}


def spelling(ask: Spelling) -> Spelling:
    """Add another way to ask for the same records."""
    SPELLINGS[ask.__name__] = ask
    return ask


@spelling
def another_name(values, folder):
    values["factors"][0] |= {"name": "homes", "label": "Homes of those suspected"}


@spelling
def another_source_name(values, folder):
    values["sources"]["b"] = values["sources"].pop("people")
    values["factors"][0]["source"] = "b"


@spelling
def rows_in_another_order_in_a_file_of_another_name(values, folder):
    table = pd.read_csv(folder / "people.csv", dtype=str).sample(frac=1, random_state=3)
    table.to_csv(folder / "copy.csv", index=False)
    values["sources"]["people"]["path"] = "copy.csv"


@spelling
def years_that_end_in_december(values, folder):
    values["periods"] = {"unit": "year-ending"}
    for factor in values["factors"]:
        factor["periods"] = ["2022-12"]


@spelling
def rolling_years(values, folder):
    values["periods"] = {"unit": "year-ending"}
    first = values["factors"][0] | {"periods": ["2022-12"]}
    values["factors"] = [first] + [
        first | {"name": f"to_{month}", "label": f"To {month}", "periods": [f"2022-{month}"]}
        for month in (10, 11)
    ]


@spelling
def a_value_that_no_record_has(values, folder):
    values["factors"][0]["where"] = {"kind": ["violence", "piracy"]}


@spelling
def the_rule_at_the_source(values, folder):
    values["sources"]["people"]["where"] = values["factors"][0].pop("where")


@spelling
def one_group_of_events_with_a_weight(values, folder):
    factor = values["factors"][0]
    rule = {"source": factor.pop("source"), "where": factor.pop("where")}
    factor["event_groups"] = [{"label": "violence", "weight": 3, **rule}]


@spelling
def two_groups_that_share_the_records_out(values, folder):
    factor = values["factors"][0]
    source, where = factor.pop("source"), factor.pop("where")
    factor["event_groups"] = [
        {"label": sex, "source": source, "where": where | {"sex": [sex]}} for sex in ("F", "M")
    ]


@spelling
def bands_of_age_together(values, folder):
    factor = values["factors"][0]
    source, where = factor.pop("source"), factor.pop("where")
    factor["event_groups"] = [
        {"label": "young", "source": source, "where": where | {"age": ["0-17", "18-24"]}},
        {"label": "older", "source": source, "where": where | {"age": ["25+"]}},
    ]


@spelling
def another_test_and_score(values, folder):
    values["factors"][0] |= {"method": "window", "exposure": "residents", "score": "flag"}


@spelling
def beside_other_factors(values, folder):
    more = {"name": "theft", "label": "Theft", "where": {"kind": ["theft"]}}
    values["factors"].insert(0, values["factors"][0] | more)


@spelling
def in_a_later_release_with_more_years(values, folder):
    values["factors"][0]["periods"] = ["2021", "2022"]


@spelling
def without_one_district(values, folder):
    values["areas"]["within"] = {"district": ["East"]}


@pytest.fixture(scope="module")
def county(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("county")
    shapes = []
    for k, code in enumerate(CODES):
        x, y = 0.5 + 0.02 * (k % 6), 51.6 + 0.015 * (k // 6)
        ring = [[x, y], [x + 0.02, y], [x + 0.02, y + 0.015], [x, y + 0.015], [x, y]]
        shapes.append(feature(code, ring, district="East" if k % 6 > 2 else "West"))
    document = {"type": "FeatureCollection", "features": shapes}
    (folder / "areas.geojson").write_text(json.dumps(document), encoding="utf-8")
    _people(folder / "people.csv")
    pd.DataFrame({"code": CODES, "all": [1500] * 24, "poor": range(100, 124)}).to_csv(
        folder / "census.csv", index=False
    )
    return folder


def _people(path: Path) -> None:
    rng = np.random.default_rng(2)
    n = 900
    days = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 730, n), unit="D")
    pd.DataFrame(
        {
            "date": days.strftime("%Y-%m-%d"),
            "area": rng.choice(CODES, n),
            "kind": rng.choice(["violence", "theft"], n),
            "sex": rng.choice(["F", "M"], n),
            "age": rng.choice(["0-17", "18-24", "25+"], n),
        }
    ).to_csv(path, index=False)


def asked() -> dict[str, Any]:
    """The question in its plainest words."""
    return {
        "title": "Averaging",
        "place": "Smallshire",
        "areas": {
            "boundaries": "areas.geojson",
            "code": "code",
            "name": "name",
            "groups": {"district": "district"},
        },
        "bases": {"residents": "census.all"},
        "sources": {
            "people": {"kind": "events", "path": "people.csv", "date": "date", "area": "area"},
            "census": {
                "kind": "table",
                "path": "census.csv",
                "code": "code",
                "columns": {"all": "all", "poor": "poor"},
                "protection": "open",
                "address": "https://example.org",
                "licence": "OGL",
            },
        },
        "factors": [
            {
                "name": "suspects",
                "label": "Suspects' homes",
                "source": "people",
                "where": {"kind": ["violence"]},
                "method": "getis-ord",
                "periods": ["2022"],
                "score": "confidence",
            },
        ],
        "selection": {"share": 0.1},
        "release": {"key": "release.key"},
    }


class Answers(dict[frozenset[str], tuple[float, float]]):
    """Areas of a cell to its count and its noised count."""


def answers(values: dict[str, Any], folder: Path, profile: str) -> tuple[Answers, Answers]:
    """What one release makes of the question: noised areas, and cells of groups."""
    with pytest.MonkeyPatch.context() as patch:
        ask_no_other_choices(patch)
        result = run(parse_config(values, folder=folder))
    factor = next(f for f in result.config.factors if f.label != "Theft")
    period = str(factor.periods[-1])
    key = read_key("release.key", folder, result.areas.index)
    areas, noised = Answers(), noised_areas(result, key)[factor.name]
    for group in dict.fromkeys(noised.columns.get_level_values("group")):
        for code, value in noised[group, period].items():
            true = float(result.counts.at[code, (factor.name, group, period)])
            areas[frozenset([str(code), str(group)])] = (true, float(value))
    return areas, _cells_of_groups(result, profile)


def _cells_of_groups(result, profile) -> Answers:
    """Counts of groups and what they are with noise, as the release makes them."""
    found = Answers()

    def seen(counts, prints, key, rules, *, empty, small):
        from riskindex.publication.cells import noise

        used = np.where(prints == 0, empty, prints)
        for count, print_, made in zip(
            counts, used, counts + noise(used, key, rules.epsilon), strict=True
        ):
            found[frozenset([str(print_)])] = (float(count), float(made))
        return protect(counts, prints, key, rules, empty=empty, small=small)

    with pytest.MonkeyPatch.context() as patch:
        for module in (counts_of_groups, rhythm_of_groups):
            patch.setattr(module, "protect", seen)
        lists_may_leave(patch)
        ask_no_other_choices(patch)
        release(result, profile=profile)
    return found


@pytest.fixture(scope="module")
def plain(county):
    return answers(asked(), county, "public")


@pytest.fixture(scope="module")
def spelled(county):
    """What one release makes of the question in another spelling, once for all tests."""

    @cache
    def made(name: str) -> tuple[Answers, Answers]:
        values = asked()
        SPELLINGS[name](values, county)
        return answers(values, county, "partner" if "name" in name else "public")

    return made


def whole_areas(areas: Answers) -> dict[str, tuple[float, float]]:
    """Area to its answer, where one group of events holds all the records."""
    groups = {tuple(sorted(cell))[1] for cell in areas}
    assert len(groups) == 1
    return {min(cell): answer for cell, answer in areas.items()}


def test_the_question_is_about_many_cells(plain):
    areas, groups = plain
    with_records = [true for true, _ in areas.values() if true > 0]
    assert len(with_records) > 20
    assert len({made - true for true, made in areas.values()}) > 3
    assert len(groups) > 10


@pytest.mark.parametrize("name", SPELLINGS)
def test_another_spelling_of_one_count_has_the_same_noise(name, plain, spelled):
    areas, groups = spelled(name)
    shared = groups.keys() & plain[1].keys()
    wanted = 1 if name == "without_one_district" else 3  # two districts and the whole
    assert len([cell for cell in shared if groups[cell][0] >= 30]) >= wanted
    assert all(groups[cell] == plain[1][cell] for cell in shared)
    if "two_groups" in name or "bands" in name:
        return  # their areas are asked for in parts, which have records of their own
    one, other = whole_areas(plain[0]), whole_areas(areas)
    counted = [code for code in other if one[code][0] > 0]
    assert len(counted) >= 10
    assert [code for code in counted if one[code] != other[code]] == []


def test_ten_spellings_and_more():
    assert len(SPELLINGS) >= 10


def test_the_mean_of_all_answers_is_one_answer(spelled):
    """Several answers about the county, and their mean is as wrong as the first."""
    large = set()
    for ask in (another_name, years_that_end_in_december, the_rule_at_the_source):
        groups = spelled(ask.__name__)[1]
        large |= {groups[cell] for cell in groups if groups[cell][0] > 150}
    assert len(large) == 1
