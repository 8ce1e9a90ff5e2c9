"""People in what leaves: protected cells, and no key nor hash of one in any written byte."""

import numpy as np
import pandas as pd
import pytest
from list_refusals import lists_may_leave
from people_of_force import PEOPLE, history, suspects, victims, write_people
from person_hunt import SECRET, every_byte, hashes_of

from riskindex import read_config, release, run, save
from riskindex.publication.key import write_key
from riskindex.publication.people import _named_by_few
from riskindex.publication.protection import (
    restricted_columns,
    restricted_factors,
    restricted_measures,
)

RELEASE = """
[release]
key = "release.key"
"""
PROFILES = ("internal", "partner", "public")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The small force with people, saved in every profile; what each released."""
    folder = tmp_path_factory.mktemp("people")
    path = write_people(folder, PEOPLE + RELEASE)
    write_key(folder / "release.key", bytes(range(32)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("riskindex.events.read.secrets.token_hex", lambda _n: SECRET)
        lists_may_leave(patch)
        result = run(read_config(path))
        found = {}
        for profile in PROFILES:
            found[profile] = release(result, profile)
            save(found[profile], folder / profile)
    return folder, found


def keys():
    tables = (suspects(), victims(), history())
    return sorted({key for table in tables for key in table["person"].dropna()})


@pytest.mark.parametrize("profile", PROFILES)
def test_no_key_of_a_person_and_no_hash_of_one_is_in_any_byte(written, profile):
    folder, _ = written
    names = keys()
    assert len(names) > 800
    born = suspects()["born"].unique()
    looked_for = [*(text.encode() for text in (*names, *born)), *hashes_of(names[:60])]
    for name, content in every_byte(folder / profile):
        assert not any(what in content for what in looked_for), name


def test_the_hunt_finds_what_is_sown(written, tmp_path):
    sown = tmp_path / "sown"
    sown.mkdir()
    (one,) = list(hashes_of(keys()[:1]))[:1]
    (sown / "a.csv").write_bytes(b"x," + one)
    assert any(one in content for _, content in every_byte(sown))


def people(released):
    table = released.figures
    return table[table["figure"].isin(["again", "ages", "known", "homes"])]


@pytest.mark.parametrize("profile", ["partner", "public"])
def test_people_of_restricted_sources_leave_as_protected_cells_alone(written, profile):
    _, found = written
    table = found[profile].people
    assert "fingerprint" not in table
    sizes = table["item"].str.endswith(("residents", "areas"))
    cells = table[~sizes]
    given = cells["count"].dropna()
    assert len(given) > 20
    assert (given % 5 == 0).all()
    assert (given >= 5).all()
    assert (cells.loc[cells["count"].isna(), "mark"] == "[c]").all()
    assert not cells["item"].str.startswith("with").any()


def test_people_have_another_noise_than_their_records(written):
    _, found = written
    table = found["public"].people
    exact = found["internal"].people
    of = ["figure", "period", "place_kind", "place", "by", "category", "item"]
    both = table.set_index(of)["count"].to_frame("out").join(exact.set_index(of)["count"])
    both = both.dropna().loc["again"].reset_index()
    noise = both.assign(noise=both["out"] - both["count"]).pivot_table(
        "noise", ["period", "place"], "item"
    )
    assert not np.allclose(noise["records"], noise["people"])


@pytest.mark.parametrize("profile", ["partner", "public"])
def test_figures_of_people_are_made_of_the_cells(written, profile):
    _, found = written
    table = people(found[profile])
    whole = table[(table["figure"] == "again") & (table["period"] == "2022")]
    whole = whole[whole["place"] == "the force"].set_index("category")
    given = whole[whole["status"] == "given"]
    assert given.loc["people", "count"] % 5 == 0
    mean = given.loc["records per person"]
    named = given.loc["records that name a person", "count"]
    assert mean["value"] == pytest.approx(named / given.loc["people", "count"], abs=0.005)
    assert np.isnan(mean["low"])
    assert (table.loc[table["unit"] == "%", "base"].dropna() % 5 == 0).all()


def test_no_funnel_of_a_restricted_source_leaves(written):
    _, found = written
    assert len(found["internal"].funnels)
    assert found["public"].funnels.empty


OPEN = 'protection = "open"\naddress = "https://example.org"\nlicence = "made up"\n'


def test_open_people_who_are_looked_for_in_restricted_records_do_not_leave_as_they_are(tmp_path):
    config = PEOPLE
    for name in ("offences", "suspects", "victims"):
        config = config.replace(f'path = "{name}.csv"\n', f'path = "{name}.csv"\n{OPEN}', 1)
    result = run(read_config(write_people(tmp_path, config)))
    assert restricted_factors(result.config) == restricted_measures(result.config) == ()
    people = release(result, "public").people
    assert set(people["figure"]) == {"again", "ages", "homes"}


def test_an_open_offence_counted_by_the_ages_of_restricted_people_is_restricted(tmp_path):
    clause = (
        '{ who = "any", role = ["suspect"], column = "age", under = 25, not_recorded = "out" },\n'
    )
    config = PEOPLE.replace('path = "offences.csv"\n', f'path = "offences.csv"\n{OPEN}', 1)
    config = config.replace('area = "area"\n', 'area = "area"\noffence = "offence"\n', 1)
    path = write_people(tmp_path, config)
    assert restricted_factors(read_config(path)) == ()
    asked = config.replace(
        'none = [{ label = "domestic"', f'any = [{clause}]\nnone = [{{ label = "domestic"', 1
    )
    closed = read_config(write_people(tmp_path, asked))
    assert restricted_factors(closed) == ("serious",)
    columns = pd.MultiIndex.from_tuples([("serious", "all", "2022")])
    assert len(restricted_columns(pd.DataFrame(columns=columns), closed)) == 1


def test_a_rare_value_that_somebody_wrote_has_no_line_in_any_place():
    rows = [
        ("whole", "named\x1fabuse\x1fvictim\x1f5", 40.0),
        ("district", "named\x1fabuse\x1fvictim\x1f5", np.nan),
        ("whole", "named\x1fabuse\x1fJo Bloggs\x1f5", np.nan),
        ("district", "named\x1fabuse\x1fJo Bloggs\x1f5", np.nan),
        ("whole", "named\x1fabuse\x1f\x1f5", np.nan),
        ("whole", "people", np.nan),
    ]
    cells = pd.DataFrame(rows, columns=["place_kind", "item", "count"])
    cells = cells.assign(figure="known", period="2022", place="p", by="", category="")
    assert list(_named_by_few(cells)) == [False, False, True, True, False, False]
