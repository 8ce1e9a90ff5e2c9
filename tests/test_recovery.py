"""What is printed gives protected counts no closer than the width, also with earlier releases."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from riskindex import read_config, release, run, save
from riskindex.attack import attack_folder
from riskindex.demo import write_county
from riskindex.disclosure import WITHHELD, Rules
from riskindex.flags import Cut, KnownTests
from riskindex.forms import Known
from riskindex.printed import Printed, printed_before
from riskindex.recovery import Earlier, differences, narrowest, told_cells, untrue
from riskindex.synthetic import synthetic_county
from riskindex.truth import Truth

CODES = ("E01000001", "E01000002", "E01000003")
KEY = ("crime", "2022")


def known(**rules):
    return Known(
        profile="public", codes=CODES, names=dict.fromkeys(CODES, ""), kinds=("district",),
        groups={"district": dict.fromkeys(CODES, "West")}, factors={"crime": "Crime"},
        periods=("2022",), texts=frozenset(), rules=Rules(**rules),
    )  # fmt: skip


def truth(*counts, sensitive=()):
    table = pd.DataFrame({KEY: list(counts)}, index=pd.Index(CODES, name="area_code"), dtype=float)
    table.columns = pd.MultiIndex.from_tuples(table.columns)
    return Truth(counts=table, sensitive=frozenset(sensitive))


def printed(*cells, **totals):
    return {KEY: Printed(cells=dict(zip(CODES, cells, strict=True)), totals=totals)}


def told(now, of, earlier=(), **rules):
    return {cell.area: (cell.low, cell.high)
            for cell in told_cells(now, known(**rules), of, earlier).cells}  # fmt: skip


def test_a_withheld_count_beside_a_rounded_total_keeps_its_values():
    found = told(printed(WITHHELD, 20.0, 10.0, West=35.0), truth(5, 20, 11))
    assert found == {CODES[0]: (1, 7)}


def test_an_exact_total_beside_exact_counts_gives_the_withheld_one():
    found = told(printed(WITHHELD, 20.0, 11.0, West=36.0), truth(5, 20, 11), rounding=1)
    assert found == {CODES[0]: (5, 5)}


def test_only_small_counts_are_protected_and_zeros_of_sensitive_sources():
    now = printed(WITHHELD, 20.0, 0.0)
    assert set(told(now, truth(5, 20, 0))) == {CODES[0]}
    assert set(told(now, truth(5, 20, 0, sensitive=["crime"]))) == {CODES[0], CODES[2]}


@pytest.mark.parametrize(
    ("cells", "totals", "what"),
    [
        ((WITHHELD, 30.0, 10.0), {}, "the count of E01000002, shown as 30.0, is not 28 to 32"),
        ((WITHHELD, 20.0, 10.0), {"West": 20.0},
         "the total of West, shown as 20.0, is not 18 to 22"),
        ((WITHHELD, 20.0, 0.0), {}, "the count of E01000003, shown as 0.0, is not 0 to 0"),
    ],
)  # fmt: skip
def test_what_is_printed_and_is_not_so_is_named(cells, totals, what):
    found = list(untrue(printed(*cells, **totals), known(), truth(5, 20, 11)))
    assert [(one.factor, one.period, one.what) for one in found] == [(*KEY, what)]


def test_a_flag_that_is_not_so_is_named():
    windows = csr_array(np.eye(3))
    cut = Cut(0, np.full(3, 9.0), np.full(3, 8.0))
    made = KnownTests(windows, np.ones(3, dtype=bool), np.zeros(3, dtype=bool), (cut,))
    now = {KEY: Printed(hot=dict(zip(CODES, (0.0, 1.0, 0.0), strict=True)))}
    found = list(untrue(now, known(), replace(truth(5, 20, 11), tests={KEY: made})))
    assert [one.what for one in found] == [
        "the window of E01000003, shown as 0% and not hot, is not 0 to 8"
    ]


def test_a_mark_may_stand_for_a_larger_count():
    assert not list(untrue(printed(WITHHELD, WITHHELD, "[x]"), known(), truth(5, 20, 11)))


def test_a_period_that_nothing_was_counted_in_is_named():
    now = printed(WITHHELD, 20.0, 10.0) | {("crime", "2O22"): Printed(totals={"West": 35.0})}
    assert [one.period for one in untrue(now, known(), truth(5, 20, 11))] == ["2O22"]


def test_areas_around_the_study_are_in_no_total():
    now, of = printed(WITHHELD, 20.0, "[x]", West=25.0), truth(5, 20, 11)
    assert list(untrue(now, known(), of))
    assert not list(untrue(now, known(), replace(of, around=frozenset(CODES[2:]))))


def test_an_earlier_release_with_a_finer_rounding_narrows():
    now, of = printed(WITHHELD, 20.0, 10.0, West=35.0), truth(5, 20, 11)
    before = Earlier(printed(WITHHELD, 20.0, 11.0, West=36.0), Rules(rounding=1))
    assert told(now, of, [before]) == {CODES[0]: (5, 5)}


def test_an_earlier_release_of_other_counts_tells_nothing_of_these():
    now, of = printed(WITHHELD, 20.0, 10.0, West=35.0), truth(5, 20, 11)
    revised = Earlier(printed(WITHHELD, 20.0, 11.0, West=31.0), Rules(rounding=1))
    assert told(now, of, [revised]) == {
        CODES[0]: (2, 6)
    }  # the counts that still hold, not the total
    assert told_cells(now, known(), of, [revised]).revised == 1


@pytest.mark.parametrize(
    ("shorter", "longer", "left"),
    [
        (10.0, 10.0, (0, 4)),  # 8 to 12 less 8 to 12, and no less than none
        (10.0, 20.0, None),  # 6 to 14 are nine numbers
        (WITHHELD, WITHHELD, None),  # 0 to 6 are seven
        (100.0, 100.0, (0, 4)),
    ],
)
def test_a_quarter_less_its_months_is_tried(shorter, longer, left):
    def one(period, value):
        return Earlier({("crime", period): Printed(cells={CODES[0]: value})}, Rules())

    found = list(differences(one("2022", longer), one("2022-Q1", shorter)))
    assert [(cell.low, cell.high) for cell in found] == ([left] if left else [])
    again = list(differences(one("2022-Q1", shorter), one("2022", longer)))
    assert [(cell.low, cell.high) for cell in again] == [(c.low, c.high) for c in found]


def test_periods_apart_are_not_subtracted():
    one, other = ({("crime", p): Printed(cells={CODES[0]: 10.0})} for p in ("2021", "2022"))
    assert not list(differences(Earlier(one, Rules()), Earlier(other, Rules())))


def test_nothing_is_narrowest_where_nothing_is_protected():
    assert narrowest([]) is None


def test_the_ledger_of_a_release_prints_what_its_files_do(county_result):
    released = release(county_result, "public")
    tables = {"hotspots": released.hotspots, "factors": released.factors,
              "district_counts": released.district_counts}  # fmt: skip
    found = printed_before(tables)
    disorder = found["disorder", "2022"]
    shown = released.hotspots.loc[("disorder", "2022"), "observed"]
    assert disorder.cells == {
        code: v if isinstance(v, str) else float(v) for code, v in shown.items()
    }
    assert not found["suspects", "2022"].cells
    assert set(disorder.totals) >= set(county_result.areas["district"])


@pytest.mark.long
@pytest.mark.parametrize("profile", ["public", "partner"])
def test_nothing_can_be_told_of_a_part_of_a_county(profile, tmp_path):
    county = synthetic_county(seed=21, n=60, districts=3)
    config = read_config(write_county(county, tmp_path))
    within = replace(config.areas, within={"district": [county.areas["district"].iloc[0]]})
    result = run(config.model_copy(update={"areas": within, "robustness": None}))
    assert result.areas["is_context"].any()
    save(release(result, profile), tmp_path / profile, truth=result)
    found = attack_folder(tmp_path / profile, truth=result)
    assert (found.lines, found.recovered, found.revised) == ((), 0, 0)
    assert found.protected > 100


@pytest.mark.long
def test_the_same_again_is_no_difference(county_result, tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    for name in ("a", "b"):
        save(release(county_result, "public"), tmp_path / name, truth=county_result, ledger=ledger)
    found = attack_folder(tmp_path / "b", truth=county_result, ledger=ledger)
    assert (found.lines, found.recovered) == ((), 0)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 160))
def test_nothing_can_be_told_of_a_county_of_100_areas(seed, tmp_path):
    config = write_county(synthetic_county(seed=seed, n=100), tmp_path)
    result = run(read_config(config).model_copy(update={"robustness": None}))
    for profile in ("public", "partner"):
        save(release(result, profile), tmp_path / profile)
        found = attack_folder(tmp_path / profile, truth=result)
        assert (found.lines, found.recovered) == ((), 0)
        assert found.narrowest >= result.config.release.width
