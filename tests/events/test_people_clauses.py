"""Clauses about any or every person of an offence, who are named in other files."""

import pandas as pd
import pytest
from small_events import factor, source, squares

from riskindex.definitions import Clause, Definition
from riskindex.errors import ConfigError, InputError
from riskindex.events.count import count_events
from riskindex.events.read import open_events
from riskindex.events.warehouses.query import WarehouseSource

ONE = squares("E01000001")
AGES = {
    "both young": (["17"], ["20"]),
    "young suspect": (["17"], ["40"]),
    "young victim, old and unknown suspect": (["40", ""], ["12"]),
    "both old": (["30"], ["50"]),
    "old and unknown": (["30"], [""]),
    "nobody": ([], []),
}
SUSPECTS = {"offence": "offence", "everyone_is": "suspect", "path": "suspects.csv"}
VICTIMS = {"offence": "offence", "role": "role", "path": "named.csv"}


def young(who, fate="apart", role=("suspect", "victim")):
    clause = Clause(column="age", under=25, who=who, role=role, not_recorded=fate)
    return Definition(label="young", all=(clause,))


def write(folder):
    """Offences named after the ages of their suspects and victims; a witness is always young."""
    at = {"date": "2022-05-01", "area": "E01000001"}
    offences = pd.DataFrame([{"offence": name, **at} for name in AGES])
    suspects = [{"offence": n, "age": age, **at} for n, (first, _) in AGES.items() for age in first]
    named = [
        {"offence": n, "role": "victim", "age": age, **at}
        for n, (_, second) in AGES.items()
        for age in second
    ]
    named += [{"offence": n, "role": "witness", "age": "9", **at} for n in AGES]
    for name, rows in {"offences": offences, "suspects": suspects, "named": named}.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)


def count(folder, asked, **sources):
    write(folder)
    given = {
        "s": source(path="offences.csv", offence="offence"),
        "suspects": source(**SUSPECTS),
        "named": source(**VICTIMS),
        **sources,
    }
    given = {name: one for name, one in given.items() if one is not None}
    every = [factor(definition=asked)]
    with open_events(given, folder=folder, factors=every) as opened:
        found = count_events({"s": opened.events["s"]}, ONE, every)
    return int(found.counts.to_numpy().sum()), int(found.funnels["set_apart"].iloc[-1])


def test_any_person_who_meets_it_is_enough_and_one_unknown_leaves_it_open(tmp_path):
    # In: both young, young suspect, young victim. Open: old and unknown, nobody.
    assert count(tmp_path, young("any")) == (3, 2)


def test_every_person_must_meet_it_and_one_who_does_not_settles_it(tmp_path):
    # In: both young alone. Open: nobody named. An old person settles the others.
    assert count(tmp_path, young("every")) == (1, 1)


def test_people_of_other_roles_do_not_matter(tmp_path):
    assert count(tmp_path, young("any", role=("suspect",))) == (2, 2)
    assert count(tmp_path, young("any", role=("witness",))) == (6, 0)


def test_what_is_not_recorded_of_people_is_in_or_out_as_the_clause_says(tmp_path):
    assert count(tmp_path, young("any", "in")) == (5, 0)
    assert count(tmp_path, young("any", "out")) == (3, 0)


def test_a_source_may_call_roles_and_ages_otherwise(tmp_path):
    write(tmp_path)
    renamed = pd.read_csv(tmp_path / "named.csv", dtype=str).rename(columns={"age": "AGE_YRS"})
    renamed["role"] = renamed["role"].str[:3].str.upper()
    renamed.to_csv(tmp_path / "renamed.csv", index=False)
    other = source(
        **VICTIMS | {"path": "renamed.csv"},
        columns={"age": "AGE_YRS"},
        words={"role": {"victim": ["VIC"]}},
    )
    assert count(tmp_path, young("any"), named=other) == (3, 2)


def test_keys_are_hashed_as_they_are_read_and_differ_from_run_to_run(tmp_path):
    write(tmp_path)
    pd.read_csv(tmp_path / "suspects.csv").assign(p="Xq7-2291").to_csv(
        tmp_path / "suspects.csv", index=False
    )
    seen = []
    for _ in range(2):
        given = {"s": source(**SUSPECTS, person="p")}
        with open_events(given, folder=tmp_path, factors=[factor()]) as opened:
            rows = opened.events["s"].relation.df()
        assert "Xq7-2291" not in rows.astype(str).to_numpy()
        assert rows["person"].nunique() == 1
        seen.append(rows["person"].iloc[0])
    assert seen[0] != seen[1]


def test_people_who_cannot_be_found_are_refused_with_what_is_needed(tmp_path):
    with pytest.raises(ConfigError, match="set offence, the column with their key"):
        count(tmp_path, young("any"), s=source(path="offences.csv"))
    with pytest.raises(ConfigError, match="no record names a person who is bystander"):
        count(tmp_path, young("any", role=("bystander",)))
    with pytest.raises(ConfigError, match="no source names people who are bystander"):
        count(tmp_path, young("any", role=("bystander",)), named=None)
    table = WarehouseSource(
        kind="warehouse", engine="postgresql", table="t", date="date", area="area"
    )
    with pytest.raises(ConfigError, match="only found in files of events: a warehouse gives back"):
        count(tmp_path, young("any"), s=table)


def test_no_rule_looks_at_a_key(tmp_path):
    write(tmp_path)
    asked = factor(where={"offence": ["nobody"]})
    with (
        pytest.raises(ConfigError, match="no rule can look at the column of offence"),
        open_events(
            {"s": source(path="offences.csv", offence="offence")}, folder=tmp_path, factors=[asked]
        ),
    ):
        pass


def test_a_key_that_the_file_lacks_is_named_by_its_column_alone(tmp_path):
    write(tmp_path)
    with (
        pytest.raises(InputError, match="no column 'crime_ref'"),
        open_events({"s": source(path="offences.csv", offence="crime_ref")}, folder=tmp_path),
    ):
        pass
