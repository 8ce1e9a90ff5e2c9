import pytest

from riskindex.assessment.options import NEEDS, ONLY, Figure, Names, band_label, figure_faults

YEARS = ("2021", "2022")
NAMES = Names(
    measures={"violence": YEARS, "robbery": YEARS},
    tested=["violence"],
    tables=["poor"],
    series=["exclusions"],
    kinds=["district"],
    units={"violence": "calendar-year", "robbery": "calendar-year"},
)


def faults(kind, **options):
    figure = Figure(**{"name": "n", "kind": kind, "of": "violence", **options})
    return " ".join(figure_faults(figure, NAMES))


def test_sound_figures_have_no_fault():
    assert faults("count") == ""
    assert faults("share", against="robbery") == ""
    assert faults("mix", by="age", bands={"young": (10, 17)}) == ""
    assert faults("concentration", top=[10]) == ""


def test_each_kind_needs_its_options():
    for kind in ("share", "mix", "concentration", "gap", "overlap", "together"):
        for option in NEEDS[kind]:
            assert f"the kind {kind} needs {option}." in faults(kind)


@pytest.mark.parametrize("option", ["top", "target", "baseline"])
def test_an_option_is_for_its_kinds_alone(option):
    given = {"top": [5], "target": -10.0, "baseline": "2021"}[option]
    found = faults("count", **{option: given})
    assert f"{option} is for the kinds {', '.join(ONLY[option])}, and not for count." in found


def test_bands_go_from_an_age_to_a_later_one():
    found = faults("mix", by="age", bands={"odd": (17, 10)})
    assert "bands: 'odd' must go from an age to the same or a later one." in found
    assert "bands are of ages" in faults("mix", by="hour", bands={"a": (1, 2)})
    assert band_label((10, 17)) == "10-17"


def test_a_benchmark_says_whose_value_it_is():
    assert "belong together" in faults("count", benchmark=3.0)
    assert faults("count", benchmark=3.0, benchmark_name="England, 2022") == ""


def test_an_unknown_name_is_told_with_those_there_are():
    assert "murder" in faults("count", of="murder")
    assert "violence" in faults("count", of="murder")
