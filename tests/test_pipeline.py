"""The whole job on a small county: the same bytes twice, and a list that finds what was planted."""

from dataclasses import replace

import pandas as pd
import pytest
from list_refusals import listed_once

from riskindex import read_areas, read_config, release, run, save
from riskindex.analysis import not_assessed_notes
from riskindex.check import look
from riskindex.errors import InputError
from riskindex.events.periods import Periods
from riskindex.factors import EventGroup
from riskindex.hotspots.categories import CATEGORY_TABLES
from riskindex.index.selection import Override, Selection
from riskindex.pipeline import STAGES
from riskindex.statistics.getis_ord import GetisOrd
from riskindex.uncertainty.replay import Robustness


def bytes_of(folder):
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_two_runs_give_the_same_bytes_at_any_number_of_threads(county_command, county_saved):
    """One thread in a process of its own, and as many as there are in this one."""
    assert county_command.returncode == 0, county_command.stderr
    first, second = bytes_of(county_command.folder), bytes_of(county_saved("internal"))
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_the_list_holds_exactly_the_target(county_result):
    assert county_result.cut.selected == county_result.cut.target == 8  # 5% of 160
    assert county_result.index["selected"].sum() == 8


def test_every_event_is_accounted_for(county_result):
    table = county_result.reconciliation
    assert (table["read"] == table.drop(columns="read").sum(axis=1)).all()
    own = table.xs("", level="factor")
    lost = own["read"] - own["counted"]
    assert lost.sum() == len(county_result.uncounted)


def test_contributions_add_up_to_the_score(county_result):
    total = county_result.scores["contribution"].groupby("area_code").sum()
    assert (
        total - county_result.index["score"]
    ).abs().max() < 1e-7  # the score is rounded to ten digits


def test_the_stages_are_as_many_as_are_said(county_command):
    lines = county_command.log.read_text(encoding="utf-8").splitlines()
    # After the stages come the notes, and what was selected.
    said = [line.split(" INFO ")[1] for line in lines if " INFO Note: " not in line][:-1]
    stages = [stage for stage in said if ":" not in stage]
    assert len(stages) == STAGES
    # The parts of a stage come after its name: files, with what was read before them.
    assert {stage.partition(":")[0] for stage in said} == set(stages)


def test_looking_finds_the_same_faults_as_running(county_config):
    config = read_config(county_config)
    broken = config.model_copy(
        update={"areas": type(config.areas)(boundaries="none.gpkg", code="x")}
    )
    broken._folder = config.folder
    with pytest.raises(InputError) as stopped:
        run(broken)
    assert set(stopped.value.faults) <= set(look(broken).faults)


def changed(county_config, folder, *pairs):
    """The county's config with some words replaced, its files where they were."""
    text = county_config.read_text(encoding="utf-8")
    text = text.replace('"data/', f'"{(county_config.parent / "data").as_posix()}/')
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return read_config(path)


def test_tables_alone_and_an_empty_list_end_well(county_config, tmp_path):
    config = changed(county_config, tmp_path, ("threshold = 0.25", "threshold = 0.99"))
    tables = [f for f in config.factors if f.name == "deprivation"]
    result = run(listed_once(config, factors=tables))
    assert result.cut.selected == 0
    save(release(result, profile="internal"), tmp_path / "result")
    assert (tmp_path / "result" / "manifest.json").is_file()


CHOICES = {
    "suspects": {"getis_ord": GetisOrd(statistic="gi", p="permutation", permutations=99)},
    "domestic_abuse": {"method": "window", "exposure": "women", "dispersion": "given-total"},
    "disorder": {"method": "window", "exposure": "residents", "dispersion": "moments"},
    "possession": {"method": "poisson", "exposure": "residents_10_24", "dispersion": 0.4},
    "supply": {"method": "window", "exposure": "by_age", "dispersion": "none"},
    "offences": {"method": "window", "source": None, "where": {}},
}


def chosen_otherwise(factor):
    """A factor of the county with other choices; offences are standardised by two kinds."""
    options = CHOICES.get(factor.name, {})
    if factor.name == "offences":
        bases = (("serious violence", "residents_10_24"), ("other violence", "residents"))
        options = options | {
            "event_groups": [
                EventGroup(
                    label=kind,
                    source="violence_offences",
                    exposure=base,
                    where={"offence_group": [kind]},
                )
                for kind, base in bases
            ]
        }
    return replace(factor, **options)


def test_every_choice_of_a_test_reaches_a_run_and_its_repeats(
    county_config, tmp_path, no_other_choices
):
    config = changed(
        county_config,
        tmp_path,
        (
            'residents = "age.residents"\n',
            'residents = "age.residents"\nwomen = "age.aged_20_to_64"\n'
            'by_age = { "age.aged_10_to_24" = 5, "age.aged_20_to_64" = 2 }\n',
        ),
    )
    factors = [chosen_otherwise(factor) for factor in config.factors]
    options = {"factors": factors, "robustness": Robustness(draws=20)}
    options["periods"] = Periods(categories="arcgis-pro")
    result = run(config.model_copy(update=options))
    last = result.tests.groupby("factor").last()
    assert "Gi, the neighbours without the area itself" in last.at["suspects", "null"]
    assert "99 permutations" in last.at["suspects", "null"]
    assert (
        last["estimator"].to_dict()
        | {
            "domestic_abuse": "given-total",
            "disorder": "moments",
            "possession": "given",
            "supply": "none",
            "offences": "pair-ratio",
        }
        == last["estimator"].to_dict()
    )
    categories = {rule.category for rule in CATEGORY_TABLES["arcgis-pro"]}
    assert {"no pattern", "new hot"} <= set(result.persistence["category"]) <= categories
    base = result.areas["by_age"] - 5 * result.areas["residents_10_24"]
    assert (base >= 0).all()
    assert result.index["p_selected"].between(0, 1).all()
    save(release(result, profile="internal"), tmp_path / "result")


def test_an_override_of_an_unknown_area_is_found_before_the_run(county_config, tmp_path):
    config = changed(county_config, tmp_path)
    override = Override(area_code="E01999999", action="in", reason="a slip")
    config = config.model_copy(update={"selection": Selection(overrides=(override,))})
    assert any("E01999999" in fault for fault in look(config).faults)


def test_a_minimum_per_district_is_kept(county_config, tmp_path):
    config = changed(
        county_config, tmp_path, ("share = 0.05", "share = 0.05\nminimum_per_group = 1")
    )
    assert run(listed_once(config)).cut.entered > 0


def test_areas_without_an_index_are_named(county_config, tmp_path):
    far = read_areas(read_config(county_config).areas, county_config.parent).areas
    code = far.index[0]
    notes = not_assessed_notes(
        pd.Series({code: "not assessed for asb: no neighbour"}).reindex(far.index, fill_value=""),
        far,
    )
    assert notes == [
        f"1 area has no index and cannot be on the list: {far.at[code, 'name']} ({code}), "
        "not assessed for asb: no neighbour."
    ]


def test_areas_that_lack_the_same_are_named_together(county_config):
    far = read_areas(read_config(county_config).areas, county_config.parent).areas
    lacks = pd.Series("", index=far.index)
    lacks.iloc[:13], lacks.iloc[13] = "not assessed for asb: not covered", "not assessed for x"
    (note,) = not_assessed_notes(lacks, far)
    assert note.startswith("14 areas have no index")
    assert note.count("not covered") == 1
    assert (
        f"{far['name'].iloc[9]} ({far.index[9]}) and 3 more, not assessed for asb: not co" in note
    )
    assert note.endswith(f"; {far['name'].iloc[13]} ({far.index[13]}), not assessed for x.")


def test_a_factor_that_no_event_meets_is_a_result_and_is_named(county_config):
    config = read_config(county_config)
    nothing = config.factors[0].__class__(
        name="none",
        label="Nothing of the kind",
        source=config.factors[0].groups[0].source,
        where={config_column(config): ["no such kind"]},
        method="getis-ord",
        periods=("2022",),
        score="flag",
    )
    result = run(listed_once(config, factors=[*config.factors, nothing]))
    assert (result.scores.xs("none", level="factor")["score"] == 0).all()
    assert result.cut.selected == 8
    assert any("Nothing of the kind: no event was counted" in note for note in result.notes)


def config_column(config):
    """A column that a rule of the first factor looks at."""
    return next(iter(next(group.where for group in config.factors[0].groups)))
