"""The star joins: every key of a fact is in its dimension, and the package says so."""

import json

import pandas as pd
import pytest

from riskindex.outputs.star_tables import DIMENSIONS, star_tables, write_star
from riskindex.publication.protection import restricted_factors


@pytest.fixture(scope="module", params=["internal", "public"])
def released(request, county_release):
    return county_release(request.param)


def test_every_key_of_a_fact_is_in_its_dimension_once(released):
    star = star_tables(released)
    for one in star.values():
        assert not one.table.duplicated(list(one.key)).any()
        for column in one.points_to:
            keys = set(star[DIMENSIONS[column]].table[column])
            assert set(one.table[column].dropna()) <= keys


def test_the_package_describes_each_file_as_it_is(released, tmp_path):
    write_star(released, tmp_path / "star")
    package = json.loads((tmp_path / "star/datapackage.json").read_text("utf-8"))
    files = {resource["path"]: resource for resource in package["resources"]}
    assert set(files) == {path.name for path in (tmp_path / "star").glob("*.csv")}
    for name, resource in files.items():
        table = pd.read_csv(tmp_path / "star" / name, encoding="utf-8-sig", dtype=str)
        assert [field["name"] for field in resource["schema"]["fields"]] == list(table)
        assert set(resource["schema"]["primaryKey"]) <= set(table)
        groups = [
            field["name"]
            for field in resource["schema"]["fields"]
            if field["description"].startswith("Group of areas")
        ]
        # Only groups of areas are named by the config; every other column has its own meaning.
        assert groups == ([*released.group_kinds] if name == "dim_area.csv" else [])


def test_the_facts_add_up_to_the_list(released):
    star = star_tables(released)
    assert star["fact_index"].table["selected"].sum() == len(released.top)
    if released.profile == "internal":
        points = star["fact_score"].table.groupby("area_code")["contribution"].sum()
        score = star["fact_index"].table.set_index("area_code")["score"]
        assert (points.reindex(score.index) - score).abs().max() < 1e-6


def test_of_restricted_factors_the_public_has_no_test(released, county_result):
    factors = set(star_tables(released)["fact_hotspot"].table["factor"])
    closed = set(restricted_factors(county_result.config))
    assert (factors & closed == set()) == (released.profile == "public")
