"""A benchmark that stands in a table without areas: found, cited, compared, or refused."""

from dataclasses import replace

import pandas as pd
import pytest
from figure_tables import shown

from riskindex.assessment.benchmarks import check_benchmarks
from riskindex.assessment.options import Benchmark, Figure, Names, figure_faults
from riskindex.assessment.requested import request_figures
from riskindex.assessment.series import COLUMNS
from riskindex.errors import ConfigError

YEARS = {"2021": (100, 100, 100), "2022": (100, 100, 100)}
CITED = "Office, 2023"


def series(*lines, unit="per 1,000"):
    """Lines of place, period, group and value."""
    rows = [("s", "Knife", *line[:3], None, None, line[3], unit, CITED) for line in lines]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"count": float, "base": float})


ENGLAND = series(("England", "2021", "", 20.0), ("England", "2022", "", 33.0))


def notes(table, *, kind="rate", good="neither", **benchmark):
    asked = Figure(
        name="x",
        of="f",
        kind=kind,
        places=["district"],
        good=good,
        benchmark=Benchmark(series="s", place="England", **benchmark),
    )
    given = replace(shown(YEARS, residents=(1000, 3000, 12000)), series=table)
    return request_figures([asked], given).set_index(["place", "period"])["note"]


def test_each_row_is_held_against_the_value_of_its_own_period():
    found = notes(ENGLAND)
    assert found["E", "2022"] == "England, 2022 33 (Office, 2023): similar"
    assert found["E", "2021"] == "England, 2021 20 (Office, 2023): higher"
    assert found["S", "2022"] == "England, 2022 33 (Office, 2023): lower"


def test_a_period_that_is_named_is_that_of_all_rows():
    found = notes(ENGLAND, period="2022", good="low")
    assert found["N", "2021"] == "England, 2022 33 (Office, 2023): worse"
    assert found["S", "2021"] == "England, 2022 33 (Office, 2023): better"


def test_a_period_without_a_value_says_so():
    found = notes(series(("England", "2022", "", 33.0)))
    assert found["E", "2021"] == "England, 2021: no value"


def test_a_group_is_told_from_the_whole():
    table = series(("England", "2022", "", 33.0), ("England", "2022", "boys", 60.0))
    assert notes(table, group="boys", period="2022")["E", "2022"].endswith(
        "60 (Office, 2023): lower"
    )


def test_a_series_in_another_unit_is_refused():
    with pytest.raises(
        ConfigError, match=r"the benchmark of s is in %, and the figure in per 1,000"
    ):
        notes(series(("England", "2022", "", 33.0), unit="%"))


def test_a_reader_who_may_not_see_the_series_sees_no_value_of_it():
    assert notes(pd.DataFrame())["E", "2022"] == "England, 2022: no value"


def test_rows_that_are_nowhere_are_refused_together_before_anything_is_counted():
    asked = [
        Figure(name=name, of="f", kind="rate", benchmark=Benchmark(series="s", **row))
        for name, row in (
            ("a", {"place": "Wales"}),
            ("b", {"place": "England", "period": "2019"}),
            ("c", {"place": "England", "period": "2022"}),
        )
    ]
    with pytest.raises(ConfigError) as error:
        check_benchmarks(asked, ENGLAND)
    assert str(error.value).splitlines() == [
        "figures.a: s has no row of Wales; there is England.",
        "figures.b: s has no 2019 of England; there is 2021, 2022.",
    ]
    check_benchmarks(asked[2:], ENGLAND)


def test_a_benchmark_is_of_a_series_that_there_is_and_carries_its_own_name():
    names = Names(measures={"f": ("2022",)}, tested=(), tables=(), series={"s"}, kinds=(), units={})
    of_none = Figure(name="x", of="f", kind="rate", benchmark=Benchmark(series="t", place="E"))
    assert "there is no series 't'; there is s" in " ".join(figure_faults(of_none, names))
    twice = Figure(
        name="x",
        of="f",
        kind="rate",
        benchmark=Benchmark(series="s", place="E"),
        benchmark_name="England",
    )
    assert "belong together" in " ".join(figure_faults(twice, names))
