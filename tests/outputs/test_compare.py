"""Two lists side by side: hand-sized results, each differing in one thing, and the cause named."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from riskindex import parse_config, read_config, release, run, select_top
from riskindex.cli import app
from riskindex.errors import DisclosureError, InputError
from riskindex.index.build import build_index, contributions
from riskindex.outputs.compare import CAUSES, compare_runs
from riskindex.outputs.compare_page import _from_to, mover_table, save_comparison, summary
from riskindex.outputs.manifest import seal, write_manifest
from riskindex.outputs.workbook import write_csv

AREAS = list("abcdef")
RED = [90.0, 60, 50, 40, 10, 0]
BLUE = [10.0, 50, 40, 80, 30, 0]


def config_of(**changes):
    factor = {
        "denominator": "people.all",
        "method": "value",
        "score": "value",
        "normalise": "none",
    }
    config = {
        "title": "Six areas",
        "place": "Nowhere",
        "seed": 1,
        "areas": {"boundaries": "six.gpkg", "code": "code"},
        "sources": {
            "people": {"kind": "table", "path": "p.csv", "columns": {"all": "All"}},
            "red": {"kind": "table", "path": "r.csv", "columns": {"red": "Red"}},
            "blue": {"kind": "table", "path": "b.csv", "columns": {"blue": "Blue"}},
        },
        "factors": [
            {"name": "red", "label": "Red", "source": "red", "numerator": "red", **factor},
            {"name": "blue", "label": "Blue", "source": "blue", "numerator": "blue", **factor},
        ],
        "selection": {"number": 2},
    }
    return {**config, **changes}


def write_result(folder, *, red=RED, blue=BLUE, config=None, hashes=(), areas=AREAS, **manifest):
    """A result folder as `save` writes it, as far as a comparison reads it."""
    config = parse_config(config or config_of())
    keys = pd.MultiIndex.from_product([["red", "blue"], areas], names=["factor", "area_code"])
    scores = pd.DataFrame({"score": [*red, *blue]}, index=keys)
    weights = {factor.name: factor.weight for factor in config.factors}
    scores = scores.assign(
        value=scores["score"],
        intensity=scores["score"] / 2,
        is_hot=scores["score"] > 50,
        weight=[weights[name] for name, _ in keys],
        group="",
        kind="",
        reason="",
    )
    scores["contribution"] = contributions(scores, options=config.index)
    chosen = select_top(build_index(scores, options=config.index), selection=config.selection).table
    table = chosen.assign(name=[f"Area {code}" for code in areas])
    folder.mkdir()
    scores.reset_index().to_csv(folder / "scores.csv", index=False)
    table.reset_index()[["area_code", "name", "rank", "score", "selected"]].to_csv(
        folder / "all_areas.csv", index=False
    )
    inputs = {"boundaries": "1", "people": "1", "red": "1", "blue": "1", **dict(hashes)}
    document = {
        "profile": "internal",
        "versions": {"riskindex": "0.1.0"},
        "inputs": [{"role": role, "sha256": sha} for role, sha in inputs.items()],
        "config": config.model_dump(mode="json", exclude_none=True),
        **manifest,
    }
    seal(document, folder)
    return folder


def compared(tmp_path, **changes):
    write_result(tmp_path / "a")
    return compare_runs(tmp_path / "a", write_result(tmp_path / "b", **changes))


def moves(result):
    return dict(zip(result.movers.index, result.movers["change"], strict=True))


def test_the_same_result_twice_moves_nothing(tmp_path):
    result = compared(tmp_path)
    assert result.movers.empty
    assert (result.stays, result.differences, result.notes) == (2, (), ())


def test_other_counts_are_other_data(tmp_path):
    result = compared(tmp_path, red=[90.0, 0, 50, 40, 95, 0], hashes={"red": "2"})
    assert moves(result) == {"e": "entered", "b": "left"}
    assert set(result.movers["cause"]) == {"data"}
    assert result.movers.at["e", "rank_b"] == 1
    assert "Red +42.5" in result.movers.at["e", "why"]
    assert result.differences == ("Input red: other files.",)


def test_other_weights_are_weights(tmp_path):
    config = config_of()
    config["factors"][0]["weight"] = 5
    result = compared(tmp_path, config=config)
    assert moves(result) == {"a": "entered", "d": "left"}
    assert set(result.movers["cause"]) == {"weight"}
    assert result.differences == ("factors.red.weight: 1.0 and 5.0.",)


def test_another_aggregation_is_a_way_from_scores_to_the_index(tmp_path):
    result = compared(tmp_path, config=config_of(index={"aggregation": "harmonic"}))
    assert set(result.movers["cause"]) <= {"weight"}
    assert "index.aggregation" in result.differences[0]


def test_another_numerator_is_another_definition(tmp_path):
    config = config_of()
    config["sources"]["red"]["columns"]["red"] = "Crimson"
    result = compared(tmp_path, red=[90.0, 0, 50, 40, 95, 0], config=config)
    assert set(result.movers["cause"]) == {"definition"}


def test_a_longer_list_is_the_selection(tmp_path):
    result = compared(tmp_path, config=config_of(selection={"number": 3}))
    assert moves(result) == {"a": "entered"}
    assert result.movers.at["a", "cause"] == "selection"
    assert "its score stayed at 50.0" in result.movers.at["a", "why"]


def test_a_hand_is_named_with_its_reason(tmp_path):
    override = {"area_code": "f", "action": "in", "reason": "New homes."}
    config = config_of(selection={"number": 2, "overrides": [override]})
    result = compared(tmp_path, config=config)
    assert moves(result) == {"f": "entered"}
    assert "By hand: New homes." in result.movers.at["f", "why"]


def test_a_tie_that_falls_otherwise_is_a_tie(tmp_path):
    """a, b and c tie behind d, and only the strength of what was measured puts them in order."""
    for name, strongest in (("a", "a"), ("b", "b")):
        folder = write_result(
            tmp_path / name,
            red=[50.0, 50, 50, 90, 0, 0],
            blue=[50.0, 50, 50, 90, 0, 0],
            hashes={"red": strongest},
        )
        scores = pd.read_csv(folder / "scores.csv", keep_default_na=False)
        scores.loc[scores["area_code"] == strongest, "intensity"] = 40.0
        table = build_index(scores.set_index(["factor", "area_code"]))
        chosen = select_top(table, number=2).table.assign(name="x")
        scores.to_csv(folder / "scores.csv", index=False)
        chosen.reset_index()[["area_code", "name", "rank", "score", "selected"]].to_csv(
            folder / "all_areas.csv", index=False
        )
    result = compare_runs(tmp_path / "a", tmp_path / "b")
    assert moves(result) == {"b": "entered", "a": "left"}
    assert set(result.movers["cause"]) == {"tie"}


def test_another_version_alone_is_named(tmp_path):
    result = compared(tmp_path, red=[90.0, 0, 50, 40, 95, 0], versions={"riskindex": "0.2.0"})
    assert set(result.movers["cause"]) == {"version"}
    assert "riskindex: 0.1.0 and 0.2.0." in result.differences


def test_causes_that_work_together_are_taken_in_order(tmp_path):
    config = config_of(selection={"number": 3})
    config["factors"][0]["weight"] = 5
    result = compared(tmp_path, config=config, blue=[0.0, 0, 99, 0, 0, 0], hashes={"blue": "2"})
    steps = result.steps
    assert list(steps.index) == ["data", "version", "definition", "weight", "selection"]
    change = steps["entered"].sum() - steps["left"].sum()
    assert 2 + change == steps["selected"].iloc[-1] == 3
    assert set(result.movers["cause"]) <= set(CAUSES)


def test_an_area_that_only_one_run_has(tmp_path):
    result = compared(tmp_path, areas=[*AREAS, "g"], red=[*RED, 99.0], blue=[*BLUE, 99.0])
    assert moves(result)["g"] == "entered"
    assert "not among those of a" in result.movers.at["g", "why"]


def test_the_parts_add_up_to_the_difference_of_the_scores(tmp_path):
    config = config_of()
    config["factors"][0]["weight"] = 5
    result = compared(tmp_path, config=config, blue=[0.0, 0, 99, 0, 0, 0])
    points = result.parts["difference"].groupby("area_code").sum()
    moved = result.movers["score_b"] - result.movers["score_a"]
    assert np.allclose(points[moved.index], moved)


def test_a_folder_changed_by_hand_is_noticed(tmp_path):
    write_result(tmp_path / "a")
    folder = write_result(tmp_path / "b")
    text = (folder / "all_areas.csv").read_text().replace("Area a", "Area z")
    (folder / "all_areas.csv").write_text(text)
    assert any("changed since" in note for note in compare_runs(tmp_path / "a", folder).notes)


def test_what_is_no_result_is_refused(tmp_path):
    folder = write_result(tmp_path / "a")
    with pytest.raises(InputError, match="no manifest"):
        compare_runs(folder, tmp_path)
    (folder / "scores.csv").unlink()
    with pytest.raises(InputError, match=r"no scores\.csv"):
        compare_runs(folder, folder)


def test_a_broken_result_is_refused_in_words(tmp_path):
    folder = write_result(tmp_path / "a")
    (folder / "manifest.json").write_text(json.dumps({"profile": "internal"}))
    with pytest.raises(InputError, match="not as riskindex wrote it"):
        compare_runs(folder, folder)


def test_results_without_a_common_area_are_refused(tmp_path):
    with pytest.raises(InputError, match="no area in common"):
        compared(tmp_path, areas=list("uvwxyz"))


def test_only_profiles_with_rules_are_compared(tmp_path):
    with pytest.raises(DisclosureError):
        compared(tmp_path, profile="nobody")


def test_the_page_escapes_what_it_is_told(tmp_path):
    result = compared(tmp_path, red=[90.0, 0, 50, 40, 95, 0], hashes={"red": "2"})
    result = replace(result, movers=result.movers.assign(name="<b>e</b>"))
    save_comparison(result, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "compare.csv",
        "compare.html",
        "compare_factors.csv",
        "manifest.json",
    ]
    page = (tmp_path / "out" / "compare.html").read_text(encoding="utf-8")
    assert "<b>e</b>" not in page
    assert "other data or another period, the same definition 2" in summary(result)
    assert len(mover_table(result)) == 2


def test_the_command_tells_who_moved(tmp_path, capsys):
    write_result(tmp_path / "a")
    write_result(tmp_path / "b", config=config_of(selection={"number": 3}))
    app(["compare", str(tmp_path / "a"), str(tmp_path / "b")], standalone_mode=False)
    said = capsys.readouterr().out
    assert "selection.number: 2 and 3." in said
    assert "Area a" in said
    assert "2 areas stay, 1 enter, 0 leave" in said


def write_real(released, folder):
    """The three files of `save` that a comparison reads, without drawing a map."""
    folder.mkdir()
    write_csv(released.scores.reset_index(), folder / "scores.csv")
    write_csv(released.all_areas.reset_index(), folder / "all_areas.csv")
    write_manifest(released, folder)
    return folder


def test_two_real_results_are_read_again_exactly(county_config, tmp_path, no_other_choices):
    config = read_config(county_config)
    true = replace(config.release, membership="true")
    config = config.model_copy(update={"release": true, "robustness": None})
    factors = [replace(f, weight=4.0) if f.name == "suspects" else f for f in config.factors]
    heavier = release(run(config.model_copy(update={"factors": factors})), profile="internal")
    plain = release(run(config), profile="internal")
    result = compare_runs(write_real(plain, tmp_path / "a"), write_real(heavier, tmp_path / "b"))
    assert result.notes == ()
    assert set(result.movers["cause"]) <= {"weight", "tie"}
    assert result.differences == ("factors.suspects.weight: 1.0 and 4.0.",)


def test_a_list_selected_by_counts_with_noise_is_not_called_changed(county_released, tmp_path):
    folders = [write_real(county_released, tmp_path / name) for name in "ab"]
    (one, other) = compare_runs(*folders).notes
    assert one.startswith("a: its list was selected by counts with noise")
    assert other.startswith("b: its list was selected by counts with noise")


def test_another_year_of_the_same_definition_is_data(tmp_path):
    def asked(label, unit):
        config = config_of()
        for factor in config["factors"]:
            factor |= {
                "source": "police",
                "method": "getis-ord",
                "score": "confidence",
                "periods": [label],
            }
            factor.pop("numerator", None), factor.pop("denominator", None)
        config["sources"]["police"] = {"kind": "police.uk", "path": "p.zip"}
        return config | {"periods": {"unit": unit}}

    write_result(tmp_path / "a", config=asked("2021-22", "financial-year"))
    later = write_result(
        tmp_path / "b", config=asked("2025", "calendar-year"), red=[90.0, 0, 50, 40, 95, 0]
    )
    result = compare_runs(tmp_path / "a", later)
    assert set(result.movers["cause"]) == {"data"}
    assert "periods of 2 factors (red, blue): 2021-22 and 2025." in result.differences
    assert result.movers.at["e", "points"].startswith("Red +")


def test_periods_of_another_kind_are_said(tmp_path):
    by_finance = config_of(periods={"unit": "financial-year"})
    a = write_result(tmp_path / "a")
    b = write_result(tmp_path / "b", config=by_finance)
    (note,) = (note for note in compare_runs(a, b).notes if "unlike" in note)
    assert "are of the kind calendar year, those of b financial year" in note
    assert not any("unlike" in note for note in compare_runs(a, a).notes)


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((None, 1), "– to 1"),
        ((2, None), "2 to –"),
        ((3, 3), "3"),
        ((None, None), "–"),
        ((1, 2), "1 to 2"),
    ],
)
def test_a_rank_that_is_missing_is_a_dash(ends, words):
    one, other = pd.array(list(ends), dtype="Int64")
    assert _from_to(one, other) == words
