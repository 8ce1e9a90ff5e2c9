"""What a data scientist meets: names that load on first use, results that show themselves."""

import copy
import subprocess
import sys
from dataclasses import replace

import matplotlib as mpl
import pandas as pd
import pytest
from small_events import squares

import riskindex
from riskindex import ConfigError, DataError, DisclosureError, build_map, release
from riskindex.config_schema import OPTIONS

mpl.use("Agg")


def test_every_public_name_is_there_and_says_what_it_is():
    for name in riskindex.__all__:
        found = getattr(riskindex, name)
        assert name == "__version__" or found.__doc__, name
    assert set(dir(riskindex)) == set(riskindex.__all__)
    with pytest.raises(AttributeError, match="no attribute 'rn'"):
        _ = riskindex.rn


def test_every_option_of_a_config_is_public():
    for option in OPTIONS:
        assert getattr(riskindex, option.__name__) is option
    with pytest.raises(AttributeError, match="no attribute 'Optoin'"):
        _ = riskindex.Optoin


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, riskindex; print(riskindex.__version__, "
        "[m for m in ('numpy', 'pandas', 'pydantic') if m in sys.modules])"
    )
    said = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert said.split(maxsplit=1) == [riskindex.__version__, "[]\n"]


def test_run_loads_no_more_than_it_needs():
    heavy = ("scipy.stats", "scipy.optimize", "scipy.spatial", "geopandas", "duckdb", "folium")
    code = (
        "import sys, riskindex; riskindex.run; print([m for m in sys.modules if m in "
        f"{heavy} or m.startswith('riskindex.outputs')])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_a_run_shows_itself_in_a_line(county_result, county_released):
    title = "Neighbourhood risk index of an invented county"
    assert repr(county_result) == (
        f"<Result: {title} (the invented county), at full detail: 8 of 160 areas selected>"
    )
    assert repr(county_released) == f"<Released: {title}, internal: 8 of 160 areas selected>"


def test_a_notebook_shows_the_list(county_result):
    shown = county_result._repr_html_()
    chosen = county_result.index[county_result.index["selected"]]
    assert all(code in shown for code in chosen.index)
    odd = replace(county_result, areas=county_result.areas.assign(name="<b>&"))
    assert "&lt;b&gt;&amp;" in odd._repr_html_()


def test_a_result_is_a_table_with_shapes(county_result, county_released):
    for one in (county_result, county_released):
        table = one.to_geodataframe()
        assert table.crs == county_result.areas.crs
        assert list(table.index) == list(county_result.areas.index)
        assert {"name", "score", "rank", "selected", "geometry"} <= set(table)
    assert list(table["selected"]) == list(county_result.index["selected"])


def test_a_result_draws_itself(county_result, county_released):
    assert county_result.plot().get_title().startswith("score, the darker the higher")
    page = county_released.explore("rank").get_root().render()
    assert county_released.top["name"].iloc[0] in page


def test_results_are_equal_where_all_that_they_hold_is(county_result):
    again = copy.deepcopy(county_result)
    assert county_result == again
    other = again.index.assign(score=again.index["score"] + 1)
    assert county_result != replace(again, index=other)
    assert county_result != 3


def test_wrong_arguments_get_a_sentence(county_result):
    with pytest.raises(ConfigError, match="What `run` found can be released, not a dict"):
        release({}, "internal")
    with pytest.raises(DisclosureError, match="built of what was released, not of a Result"):
        build_map(county_result)
    with pytest.raises(ConfigError, match="path of a config file is needed, not an int"):
        riskindex.read_config(3)
    with pytest.raises(ConfigError, match="a dictionary is needed, not a str"):
        riskindex.parse_config("title")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda r: r.select_top([3, 2, 1]), "index: a Series of scores, .* not a list"),
        (lambda r: r.select_top(pd.Series([1.0]), share="5%"), "share: a number .* not a str"),
        (lambda r: r.build_index([1]), "scores: the table of score_factors is needed, not a list"),
        (lambda r: r.count_events([], [], []), "events: a dictionary of sources .* not a list"),
        (lambda r: r.count_events({}, 4, []), "areas: a GeoDataFrame is needed, not an int"),
        (
            lambda r: r.build_weights(squares("E01000001"), options={"k": 3}),
            r"options: Neighbours\(...\) is needed, not a dict",
        ),
    ],
)
def test_arguments_of_another_kind_get_a_sentence(call, words):
    with pytest.raises(ConfigError, match=words):
        call(riskindex)


def test_a_negative_expectation_is_refused():
    with pytest.raises(DataError, match="expected: a number below zero"):
        riskindex.poisson_excess([1, 2], [1, -1])


def test_a_folder_is_a_path(county_released):
    with pytest.raises(ConfigError, match="folder: the path of a folder is needed, not a NoneType"):
        riskindex.save(county_released, None)
