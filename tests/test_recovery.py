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
from riskindex.recovery import Earlier, narrowest, told_cells
from riskindex.stated import untrue
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


BOTH = ("violence", "injury")


def two_factors(whole, part, *, sensitive=()):
    """Violence and violence with injury, which is a part of it."""
    table = pd.DataFrame({("violence", "2022"): whole, ("injury", "2022"): part},
                         index=pd.Index(CODES, name="area_code"), dtype=float)  # fmt: skip
    rules = {"violence": (("crimes", {}),), "injury": (("crimes", {"injury": ["yes"]}),)}
    return Truth(counts=table, sensitive=frozenset(sensitive), rules=rules)


def both_printed(whole, part, **totals):
    cells = [dict(zip(CODES, of, strict=True)) for of in (whole, part)]
    return {(factor, "2022"): Printed(cells=of, totals=totals.get(factor, {}))
            for factor, of in zip(BOTH, cells, strict=True)}  # fmt: skip


def test_a_part_is_no_more_than_the_whole():
    now = both_printed((WITHHELD, 10.0, 20.0), (WITHHELD, 10.0, 10.0))
    of = two_factors([3, 10, 20], [2, 9, 11])
    found = told_cells(now, known(), of)
    assert [(c.factor, c.area) for c in found.cells] == [(f, CODES[0]) for f in BOTH]
    assert all(c.values >= 6 for c in found.cells)
    assert [(c.factor, c.area, c.low, c.high) for c in found.derived] == [
        ("violence less injury", CODES[1], 0, 4)
    ]


def test_totals_of_a_whole_narrow_its_part():
    cells = ("[x]",) * 3
    now = both_printed(cells, cells, violence={"West": 9.0}, injury={"West": 8.0})
    of = two_factors([4, 3, 2], [4, 3, 1], sensitive=BOTH)
    found = told_cells(now, known(rounding=1), of)
    assert all(c.values >= 6 for c in found.cells)
    assert {(c.factor, c.low, c.high) for c in found.derived} == {("violence less injury", 0, 1)}


def test_windows_of_a_whole_narrow_its_part():
    one = KnownTests(csr_array(np.ones((3, 3))), np.ones(3, dtype=bool), np.zeros(3, dtype=bool),
                     (Cut(0, np.full(3, 9.0), np.full(3, 3.0)),))  # fmt: skip
    of = two_factors([1, 1, 1], [1, 1, 0], sensitive=BOTH)
    cold = {("violence", "2022"): Printed(hot=dict.fromkeys(CODES, 0.0))}
    found = told_cells(cold, known(), replace(of, tests={("violence", "2022"): one}))
    assert {(c.factor, c.low, c.high) for c in found.cells} == {
        ("violence", 0, 3), ("injury", 0, 3)
    }  # fmt: skip


def test_records_with_several_kinds_need_not_add_up():
    table = pd.DataFrame({(f, "2022"): [9.0, 9, 9] for f in ("all", "arson", "theft")},
                         index=pd.Index(CODES, name="area_code"))  # fmt: skip
    rules = {"all": (("crimes", {"kind": ["arson", "theft"]}),),
             "arson": (("crimes", {"kind": ["arson"]}),),
             "theft": (("crimes", {"kind": ["theft"]}),)}  # fmt: skip
    now = {(f, "2022"): Printed(cells=dict.fromkeys(CODES, 10.0)) for f in rules}
    found = told_cells(now, known(), Truth(counts=table, sensitive=frozenset(), rules=rules))
    assert (found.cells, found.derived) == ((), ())  # nine persons, each of them in both


def released(**cells):
    """A release of one area, from its periods."""
    return {("crime", period.replace("_", "-")): Printed(cells={CODES[0]: value})
            for period, value in cells.items()}  # fmt: skip


def left(now, *earlier, **rules):
    """What periods tell of each other, where the counts are not known."""
    before = [Earlier(release, Rules(**rules)) for release in earlier]
    found = told_cells(now, known(**rules), None, before)
    return {cell.period: (cell.low, cell.high) for cell in found.derived}


@pytest.mark.parametrize(
    ("shorter", "longer", "told"),
    [
        (10.0, 10.0, (0, 4)),  # 8 to 12 less 8 to 12, and no less than none
        (10.0, 20.0, None),  # 6 to 14 are nine numbers
        (WITHHELD, WITHHELD, None),  # 0 to 6 are seven
        (100.0, 100.0, (0, 4)),
    ],
)
def test_a_year_less_its_first_quarter_is_tried(shorter, longer, told):
    year, quarter = released(**{"2022": longer}), released(**{"2022_Q1": shorter})
    said = {} if told is None else {"2022 less 2022-Q1": told}
    assert left(year, quarter) == said
    assert left(quarter, year) == said


def test_a_year_less_three_quarters_is_its_last():
    year = released(**{"2022": 40.0})
    for last, told in ((12.0, {"2022 less 2022-Q1, 2022-Q2, 2022-Q3": (3, 3)}), (4.0, {})):
        quarters = released(**{"2022_Q1": 15.0, "2022_Q2": 10.0, "2022_Q3": last})
        apart = [{key: value} for key, value in quarters.items()]
        assert left(year, quarters, rounding=1, threshold=4, width=3) == told
        assert left(year, *apart, rounding=1, threshold=4, width=3) == told


def test_two_rolling_years_tell_what_they_share():
    first, second = released(**{"2023_24": 12.0}), released(**{"2024": 9.0})
    quarter = released(**{"2023_Q4": 10.0, "2023_Q3": 0.0, "2023_Q2": 0.0})
    found = left(first, second, quarter, rounding=1)
    assert found["2024 and 2023-24"] == (2, 2)  # the first quarter of 2024


def test_periods_apart_are_not_subtracted():
    assert left(released(**{"2021": 10.0}), released(**{"2022": 10.0})) == {}


def test_periods_that_cannot_go_together_say_nothing():
    assert left(released(**{"2022": 10.0}), released(**{"2022_Q1": 30.0})) == {}


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
