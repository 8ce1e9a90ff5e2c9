"""Figures that a config names: small places by hand, names that are checked, and a whole run."""

import tomllib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from figure_tables import records, row, shown
from list_refusals import ask_no_other_choices
from scipy.stats import fisher_exact
from small_force import CODES, CONFIG, offences, write_force

from riskindex import release, run
from riskindex.assessment.figure_rows import COLUMNS, KEY
from riskindex.assessment.options import Figure, Measure, Names, change_periods, figure_faults
from riskindex.assessment.requested import request_figures
from riskindex.config import parse_config
from riskindex.errors import ConfigError
from riskindex.publication.rhythm import released_finer
from riskindex.statistics.intervals import share_difference

YEARS = {"2020": (30, 40, 50), "2021": (40, 40, 40), "2022": (27, 40, 53)}
NAMES = Names(
    measures={"f": tuple(YEARS), "q": ("2021-Q1", "2021-Q4")},
    tested={"f"},
    tables=set(),
    series={"s"},
    kinds={"district"},
    units={"f": "calendar-year", "q": "quarter"},
)


def figure(kind, **options):
    return Figure(**{"name": "x", "of": "f", "kind": kind, **options})


def asked(what, table=None):
    return request_figures([what], table or shown(YEARS))


def faults(kind, **options):
    return " ".join(figure_faults(figure(kind, **options), NAMES))


def test_a_count_and_a_rate_are_of_the_places_and_period_named():
    found = asked(figure("count", places=["district"], period="2022", note="as printed"))
    assert list(found["count"]) == [40, 27, 53]
    assert tuple(found) == COLUMNS
    assert set(found["figure"]) == {"x"}
    assert set(found["note"]) == {"as printed"}
    rate = asked(figure("rate", period="2022", label="Violence, all"))
    assert (rate["value"].item(), rate["measure"].item()) == (12.0, "Violence, all")


def test_a_change_has_its_baseline_and_its_target():
    found = asked(figure("change", baseline="2021", target=-10, places=["district"]))
    north = row(found, place="N")
    assert (north["value"], north["compared_with"]) == (-33, "2021")
    assert north["note"] == "target -10%: within the limits"
    assert asked(figure("change", usable_from="2021"))["compared_with"].item() == "2021"
    assert asked(figure("change"))["compared_with"].item() == "2020"
    many = shown({"2021": (900, 900, 900), "2022": (90, 900, 1800)})
    verdicts = asked(figure("change", target=-10, places=["district"]), many).set_index("place")
    assert verdicts.loc["N", "note"] == "target -10%: reached"
    assert verdicts.loc["S", "note"] == "target -10%: not reached"


def test_a_change_is_from_a_usable_period_before_the_last():
    assert change_periods(figure("change"), tuple(YEARS), "calendar-year") == ("2022", "2020")
    with pytest.raises(ConfigError, match="no period before 2020"):
        change_periods(figure("change", period="2020"), tuple(YEARS), "calendar-year")
    assert "lies before 2021" in faults("change", baseline="2020", usable_from="2021")
    assert "no period '2019'" in faults("change", baseline="2019")
    assert "different months of the year" in faults("change", of="q")


def test_names_and_options_are_checked():
    assert "there is f, q" in faults("count", of="g")
    assert "needs against" in faults("share")
    assert "cannot be of 'g'" in faults("share", against="g")
    assert "in no group 'ward'" in faults("count", places=["ward"])
    assert "for the kinds change" in faults("count", target=-10)
    assert "no 'colour'" in faults("mix", by="colour")
    assert "need by = age" in faults("mix", by="sex", bands={"young": (0, 17)})
    assert "letters, digits" in " ".join(figure_faults(figure("count", name="a b"), NAMES))
    assert "1 or more" in faults("concentration", top=[0])
    assert faults("series", of="s") == ""


def test_a_benchmark_is_higher_lower_or_within_the_limits():
    table = shown({"2022": (100, 100, 100)}, residents=(1000, 3000, 12000))
    beside = {"benchmark": 33.0, "benchmark_name": "England, 2022", "places": ["district"]}
    found = asked(figure("rate", **beside), table).set_index("place")["note"]
    assert found["N"] == "England, 2022 33: higher"
    assert found["E"] == "England, 2022 33: similar"
    assert found["S"] == "England, 2022 33: lower"
    assert "belong together" in faults("rate", benchmark=33.0)
    low = asked(figure("rate", good="low", **beside), table).set_index("place")["note"]
    assert [note.split(": ")[1] for note in low[["N", "E", "S"]]] == ["worse", "similar", "better"]
    assert "name the benchmark" in faults("rate", good="low")
    beside = {"benchmark": 3.0, "benchmark_name": "England"}
    assert "for the kinds count" in faults("concentration", top=[1], **beside)
    assert faults("change", **beside) == ""


def test_a_share_is_of_another_measure_and_never_above_it():
    table = shown(YEARS)
    other = table.places.xs("f", level="factor", drop_level=False).rename(
        {"f": "g"}, level="factor"
    )
    both = pd.concat([table.places, other.assign(count=2 * other["count"])])
    wider = shown(YEARS).__class__(
        **{
            **vars(table),
            "places": both,
            "labels": {"f": "Knife", "g": "All"},
            "counted": {"f": "records", "g": "records"},
        }
    )
    share = asked(figure("share", against="g", period="2022"), wider)
    assert (share["count"].item(), share["base"].item(), share["value"].item()) == (120, 240, 50.0)
    above = asked(figure("share", of="g", against="f", period="2022"), wider)
    assert above["status"].item() == "[z]"
    assert np.isnan(above["value"].item())


def test_bands_of_age_may_overlap():
    ages = {("N", "age", str(age)): 10 for age in range(10, 20)} | {("N", "age", ""): 100}
    table = shown({"2022": (200, 0, 0)}, rhythm=records(ages))
    bands = {"10-17": (10, 17), "under 25": (0, 24)}
    found = asked(figure("mix", by="age", bands=bands), table).set_index("category")
    assert list(found.loc[["10-17", "under 25"], "count"]) == [80, 100]
    assert list(found.loc[["10-17", "under 25"], "value"]) == [40.0, 50.0]
    assert found.loc["10-17", "note"] == "40% to 90% by ages that are not recorded"
    assert "not recorded" not in found.loc["not recorded", "note"]
    assert found.loc["not recorded", "count"] == 100


def test_a_band_of_withheld_ages_is_the_cell_that_leaves_and_no_sum():
    years = records({("N", "age", str(age)): np.nan for age in range(10, 14)})
    cells = records({("N", "age", "10-13"): 35, ("N", "age", "0-9"): np.nan})
    marked = [
        table.assign(base=80.0, mark=table["records"].isna().map({True: "[c]", False: ""}))
        for table in (years, cells)
    ]
    table = shown({"2022": (80, 0, 0)}, rhythm=marked[0], restricted=["f"])
    bands = {"young": (10, 13), "teens": (10, 13), "children": (0, 9)}
    asking = figure("mix", by="age", places=["district"], bands=bands)
    found = asked(asking, replace(table, bands=marked[1])).set_index("category")
    assert list(found.loc[["young", "teens"], "count"]) == [35, 35]
    assert list(found.loc[["young", "teens"], "value"]) == [43.8, 43.8]
    assert (found.loc["children", "status"], pd.isna(found.loc["children", "count"])) == (
        "[c]",
        True,
    )
    unknown = asked(asking, table)
    assert set(unknown["status"]) == {"[c]"}
    assert unknown["count"].isna().all()


def test_ages_that_are_no_years_are_in_no_band():
    bands = {"children": (0, 17)}
    given = {("N", "age", "0 to 17"): 30, ("N", "age", ""): 10}
    found = asked(
        figure("mix", by="age", bands=bands), shown({"2022": (40, 0, 0)}, rhythm=records(given))
    ).set_index("category")
    assert found.loc["children", "status"] == "[z]"
    assert pd.isna(found.loc["children", "count"])
    assert found.loc["children", "note"] == "in no band, as no number of years: 0 to 17"
    assert found.loc["not recorded", "count"] == 10


@pytest.fixture(scope="module")
def requested(county_config):
    """A run with a measure of another kind of year, and a table without areas."""
    values = tomllib.loads(county_config.read_text("utf-8"))
    (county_config.parent / "exclusions.csv").write_text(
        'authority,year,n,pupils\nEssex,2020/21,"1,200",100000\nEssex,2021/22,900,90000\n', "utf-8"
    )
    values["sources"]["exclusions"] = {
        "kind": "series",
        "path": "exclusions.csv",
        "label": "Exclusions",
        "place": "authority",
        "period": "year",
        "count": "n",
        "base": "pupils",
        "unit": "%",
        "citation": "A report",
    }
    values["measures"] = {
        "recent": {
            "label": "Recent",
            "source": "violence_offences",
            "periods": ["2021-22"],
            "unit": "financial-year",
        },
        "yearly": {"label": "Yearly", "source": "violence_offences", "periods": [2021, 2022]},
        "late": {
            "label": "Late",
            "source": "violence_offences",
            "periods": ["2022-23", "2023-24"],
            "unit": "financial-year",
        },
    }
    values["figures"] = [
        {"name": "recent_count", "kind": "count", "of": "recent"},
        {"name": "yearly_change", "kind": "change", "of": "yearly", "places": ["district"]},
        {"name": "excluded", "kind": "series", "of": "exclusions"},
        {"name": "both", "kind": "overlap", "of": "domestic_abuse", "against": "disorder"},
    ]
    # The index is compared with that of the county, for which repeats are needed.
    with pytest.MonkeyPatch.context() as patch:
        ask_no_other_choices(patch)
        return run(parse_config(values, folder=county_config.parent))


def test_measures_are_counted_beside_the_factors(requested, county_result):
    figures = requested.figures
    months = requested.measured.rhythm.xs("recent", level="factor")["records"]
    total = months.xs("month", level="aspect").sum()
    assert row(figures, figure="recent_count")["count"] == total
    assert set(figures.loc[figures["figure"] == "yearly_change", "compared_with"]) == {"2021"}
    assert not figures.duplicated(list(KEY)).any()
    pd.testing.assert_frame_equal(requested.index, county_result.index)


def test_a_measure_of_a_part_period_says_so(requested):
    assert requested.part_periods == {("late", "2023-24")}
    counts = requested.figures[requested.figures["figure"] == "late.count"]
    notes = {"2022-23": "", "2023-24": "a part of a period"}
    assert len(counts) > 2
    assert list(counts["note"]) == [notes[period] for period in counts["period"]]


def test_a_series_is_printed_with_its_source(requested):
    found = row(requested.figures, figure="excluded", period="2020/21")
    assert (found["value"], found["unit"], found["note"]) == (1.2, "%", "A report")


def test_the_public_sees_protected_cells_of_measures(
    requested, small_lists_leave, no_other_choices
):
    public = release(requested, "public").figures
    change = public[public["figure"] == "yearly_change"]
    assert (change["count"].dropna() % 5 == 0).all()
    for name in ("excluded", "both"):
        hidden = row(public, figure=name)
        assert hidden["status"] == "[c]"
        assert pd.isna(hidden["value"])


def test_a_measure_has_a_name_source_and_periods_of_its_own(county_config):
    values = tomllib.loads(county_config.read_text("utf-8"))

    def said(**measure):
        given = {"label": "L", "source": "violence_offences", "periods": ["2021"], **measure}
        with pytest.raises(ConfigError) as error:
            parse_config(values | {"measures": {"suspects": given}})
        return str(error.value)

    assert "is the name of a factor already" in said()
    assert "no event source 'x'" in said(source="x")
    assert "name its periods" in said(periods=[])
    assert "is no calendar-year" in said(periods=["2021-22"])
    assert Measure(label="L", source="s", periods=["2021"]).as_factor("m").counts_events


WARDS = ["Park", "Park", "Quay", "Quay", "Quay", "Hill", "Hill", "Park", "Park"]
BY_WARD = (
    CONFIG.replace('area = "area"\n', 'area = "area"\ntype = "kind"\n').replace(
        "[bases]",
        """[[areas.lookups]]
path = "wards.csv"
code = "code"
groups = { ward = "ward" }
[bases]""",
    )
    + """
[[figures]]
name = "kinds"
kind = "mix"
of = "wider"
by = "type"
places = ["whole", "district", "ward"]
"""
)


@pytest.fixture(scope="module")
def by_ward(tmp_path_factory):
    wards = pd.DataFrame({"code": CODES, "ward": WARDS})
    return run(write_force(tmp_path_factory.mktemp("wards"), BY_WARD, wards=wards))


def test_a_mix_is_told_by_ward_where_the_config_asks_for_it(by_ward):
    table = offences()
    table = table[table["date"].str.startswith("2022") & table["weapon"].isin(["knife", "gun"])]
    # Trinity of two districts is two wards, and so is each of these.
    districts = ["North"] * 3 + ["South"] * 3 + ["East"] * 3
    named = [f"{ward} ({district})" for ward, district in zip(WARDS, districts, strict=True)]
    ward = table["area"].map(dict(zip(CODES, named, strict=True))).dropna()
    kind = table["kind"].fillna("not recorded")
    of_wards = by_ward.figures
    of_wards = of_wards[(of_wards["figure"] == "kinds") & (of_wards["place_kind"] == "ward")]
    found = of_wards.set_index(["place", "category"])["count"]
    wanted = kind.groupby([ward, kind]).size()
    assert found[found > 0].astype(int).to_dict() == wanted.to_dict()
    assert of_wards["base"].notna().all()
    # What is not asked for is not there: everything for every ward would be millions of rows.
    assert set(by_ward.measured.finer.index.unique("aspect")) == {"type"}


def test_a_restricted_mix_by_ward_stays_internal_and_an_open_one_leaves(by_ward):
    assert released_finer(by_ward).empty
    source = replace(
        by_ward.config.sources["offences"], protection="open", address="a", licence="b"
    )
    sources = {**by_ward.config.sources, "offences": source}
    opened = replace(by_ward, config=by_ward.config.model_copy(update={"sources": sources}))
    assert set(released_finer(opened).index.unique("factor")) == {"wider"}


def test_a_ward_stands_out_only_beyond_all_wards_that_are_looked_at():
    # 12 of 120 in one hour of 24: p of one place is .004 times 24 hours and 3 patterns.
    hours = {f"{hour:02d}": 5 for hour in range(24)} | {"17": 26}
    table = records({("N", "hour", hour): n for hour, n in hours.items()})
    many = pd.concat([table.rename(index={"N": f"W{i}"}, level="place") for i in range(200)])
    finer = pd.concat({"ward": many}, names=["place_kind"])
    what = figure("mix", by="hour", places=["district", "ward"])
    found = asked(what, replace(shown({"2022": (200, 0, 0)}, rhythm=table), finer=finer))
    at_five = found[found["category"] == "17"].set_index("place_kind")
    p = at_five["note"].str.extract(r"adjusted p (\S+)")[0].astype(float)
    assert p["ward"].iloc[0] == pytest.approx(200 * p["district"], rel=0.1)


def test_a_difference_of_shares_has_its_interval_and_p():
    table = shown({"2021": (100, 60, 40), "2022": (130, 40, 30)})
    found = asked(figure("difference", places=["district"]), table).set_index("place")
    # N: 130 of 200 against 100 of 200, by hand from Wilson's limits of each.
    n = found.loc["N"]
    assert (n["value"], n["unit"], n["compared_with"], n["period"]) == (
        15.0,
        "points",
        "2021",
        "2022",
    )
    wanted = share_difference(130, 200, 100, 200)
    assert [n["low"], n["high"]] == [round(100 * float(end), 1) for end in wanted[1:]]
    p = fisher_exact([[130, 70], [100, 100]]).pvalue
    assert n["note"] == f"50% in 2021; p {p:.3f}"
    assert found["value"].sum() == pytest.approx(0)
    assert set(found["figure"]) == {"x"}


def test_a_difference_of_a_mix_counts_categories_of_one_period_alone():
    lines = {("N", "sex", "F"): 30, ("N", "sex", "M"): 70}
    parts = [records(lines, "2021"), records({("N", "sex", "M"): 50, ("N", "sex", "X"): 50})]
    table = shown({"2021": (100, 0, 0), "2022": (100, 0, 0)}, rhythm=pd.concat(parts))
    found = asked(figure("difference", by="sex", places=["district"]), table)
    value = found.set_index("category")["value"].to_dict()
    assert value == {"F": -30.0, "M": -20.0, "X": 50.0, "not recorded": 0.0}
    closed = replace(table, restricted=frozenset({"f"}))
    found = asked(figure("difference", by="sex", places=["district"]), closed)
    # A line that is missing among protected cells does not say that there was none.
    assert "X" not in set(found.loc[found["status"] == "given", "category"])


def test_no_difference_is_told_of_a_part_of_a_period():
    table = shown({"2021": (100, 60, 40), "2022": (130, 40, 30)}, part_periods=["2022"])
    found = asked(figure("difference", places=["district"]), table)
    assert found["value"].isna().all()
    assert set(found["note"]) == {"a part of a period"}


def test_differences_have_options_that_fit():
    assert "no period" in faults("difference", baseline="1999")
    assert "two shares" in faults("difference", by="sex", against="f")
    assert "months of one period" in faults("difference", by="month")
    assert not faults("difference", by="sex")
