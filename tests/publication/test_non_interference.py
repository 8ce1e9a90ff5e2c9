"""What may not be seen moves no byte: other counts behind the same noise give the same files.

Files are written from a release and from nothing else (`test_types`), the same bytes each time. So
by default releases are compared, field by field, and the bytes of one small county; in the long run
the bytes of all. What other choices would change takes most of the time of a run: by default it is
asked of the small county alone, in the long run of all.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from list_refusals import ask_no_other_choices, lists_may_leave
from scipy.sparse import issparse
from worlds import (
    KEY,
    SHAPES,
    World,
    another,
    held,
    make_world,
    result_of,
    with_places,
    with_two_lists_alike,
)

from riskindex import release, save
from riskindex.publication.counts import noised_areas, noised_tables
from riskindex.publication.key import VARIABLE, write_key
from riskindex.publication.protection import restricted_columns

ALL = 24
"""Changed worlds of each shape in the long run."""
SMALL = "no districts"
"""The shape whose files are written by default."""
WORLDS = [
    pytest.param(name, seed, marks=[] if (name, seed) == (SMALL, 0) else [pytest.mark.long])
    for name in SHAPES
    for seed in range(ALL)
]
OTHERS = [name for name in SHAPES if name != SMALL]
RELEASES = {
    "one area districts": "public",
    "strength": "partner",
    "large": "partner",
    "context": "public",
    "table": "public",
    "silence": "partner",
}
"""The profile under which a shape's release is looked at by default; in the long run it is both."""
PLACES = [name for name, shape in SHAPES.items() if shape.sensitive]
PLACED = {"context": "partner", "one area districts": "public"}
"""The same, where sensitive places move."""


def in_both_profiles(names, by_default):
    """Each shape under both profiles, of which one at most is looked at by default."""
    return [
        pytest.param(
            name, profile, marks=[] if by_default.get(name) == profile else [pytest.mark.long]
        )
        for name in names
        for profile in ("public", "partner")
    ]


@pytest.fixture(autouse=True)
def _key(tmp_path, monkeypatch):
    write_key(tmp_path / "release.key", KEY)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "release.key"))
    # Whether a list may leave is another question: here it is held.
    lists_may_leave(monkeypatch)


@cache
def first(name: str, number: int):
    """A world of a shape with its result; a few worlds serve all changes of bytes."""
    world = make_world(name, seed=number)
    return world, result_of(world)


def written(result, profile: str, folder: Path) -> dict[str, bytes]:
    """Every file of a release, in the order in which it was asked for."""
    save(release(result, profile=profile), folder)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


FILES: dict[tuple[str, int, str], dict[str, bytes]] = {}


def first_files(name: str, number: int, profile: str, folder: Path) -> dict[str, bytes]:
    """What a first world's release writes, once for all changes of it."""
    asked = (name, number, profile)
    if asked not in FILES:
        FILES[asked] = written(first(name, number)[1], profile, folder)
    return FILES[asked]


def assert_same_files(one: dict[str, bytes], other: dict[str, bytes]) -> None:
    assert list(one) == list(other)
    assert [name for name in one if one[name] != other[name]] == []


def noised_cells(result):
    table = noised_areas(result, KEY)
    return table[restricted_columns(table, result.config)], noised_tables(result, KEY)


def assert_other_world(world: World, other: World) -> None:
    """The two differ in what they hold, or the test would say nothing."""
    one, two = world.given.group_counts, other.given.group_counts
    assert one is not None
    assert two is not None
    assert (one != two).to_numpy().sum() > 5
    assert not world.given.rhythm.equals(other.given.rhythm)
    assert not world.given.reconciliation.equals(other.given.reconciliation)


def assert_unseen(result, changed, tmp_path, files=written):
    """No byte of a release tells one result from the other."""
    cells = zip(noised_cells(result), noised_cells(changed), strict=True)
    assert all(one.equals(other) for one, other in cells)
    for profile in ("public", "partner"):
        second = written(held(changed, result, profile), profile, tmp_path / f"{profile}-2")
        assert_same_files(files(result, profile, tmp_path / f"{profile}-1"), second)


def assert_unseen_in_releases(result, changed, profile):
    """No field of a release tells one result from the other."""
    cells = zip(noised_cells(result), noised_cells(changed), strict=True)
    assert all(one.equals(other) for one, other in cells)
    one = release(result, profile=profile)
    other = release(held(changed, result, profile), profile=profile)
    assert list(differences(one, other)) == []
    assert one.figures.equals(other.figures)


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Where two releases, or parts of them, are not the same to the last digit."""
    if isinstance(one, pd.DataFrame | pd.Series):
        if not (one.equals(other) and one.index.equals(other.index)):
            yield path
    elif is_dataclass(one):
        for field in fields(one):
            yield from differences(
                getattr(one, field.name), getattr(other, field.name), f"{path}.{field.name}"
            )
    elif isinstance(one, dict):
        if list(one) != list(other):
            yield path
        for key in one:
            yield from differences(one[key], other.get(key), f"{path}.{key}")
    elif isinstance(one, tuple | list):
        if len(one) != len(other):
            yield path
        for number, pair in enumerate(zip(one, other, strict=False)):
            yield from differences(*pair, f"{path}.{number}")
    elif issparse(one):
        if one.shape != other.shape or abs(one - other).nnz:
            yield path
    elif isinstance(one, np.ndarray):
        if not np.array_equal(one, other, equal_nan=one.dtype.kind == "f"):
            yield path
    elif not (one == other or (one != one and other != other)):
        yield path


@pytest.mark.parametrize(("name", "seed"), WORLDS)
def test_other_counts_behind_the_same_noise_move_no_byte(name, seed, tmp_path):
    world, result = first(name, seed % 4)
    other = another(world, np.random.default_rng([seed, 5]))
    assert_other_world(world, other)

    def files(_result, profile, folder):
        return first_files(name, seed % 4, profile, folder)

    assert_unseen(result, result_of(other), tmp_path, files)


@pytest.mark.parametrize(("name", "profile"), in_both_profiles(OTHERS, RELEASES))
def test_other_counts_behind_the_same_noise_change_nothing_that_is_released(
    name, profile, monkeypatch
):
    ask_no_other_choices(monkeypatch)
    world = make_world(name, seed=0)
    other = another(world, np.random.default_rng([0, 5]), changes=10, lines=12)
    assert_other_world(world, other)
    assert_unseen_in_releases(result_of(world), result_of(other), profile)


def moved(name: str, seed: int):
    """Two results of one world whose sensitive places lie elsewhere in the same districts."""
    world, here, there = with_two_lists_alike(make_world(name, seed=seed))
    result, changed = (result_of(with_places(world, codes)) for codes in (here, there))
    assert set(here) != set(there)
    assert not result.counts.equals(changed.counts)
    return result, changed


@pytest.mark.long
@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("seed", range(6))
def test_a_sensitive_place_that_moves_within_its_district_moves_no_byte(name, seed, tmp_path):
    assert_unseen(*moved(name, seed), tmp_path)


@pytest.mark.parametrize(("name", "profile"), in_both_profiles(PLACES, PLACED))
def test_a_sensitive_place_that_moves_within_its_district_changes_nothing_released(
    name, profile, monkeypatch
):
    ask_no_other_choices(monkeypatch)
    assert_unseen_in_releases(*moved(name, 0), profile)


def test_a_difference_is_found_wherever_it_is():
    """The comparison can fail: in a table, its index, a number in a tuple, a sentence."""
    result = first(SMALL, 0)[1]
    one = release(result, profile="internal")
    assert list(differences(one, one)) == []
    areas = one.all_areas.copy()
    areas.iloc[3, areas.columns.get_loc("score")] += 1e-9
    changes = {
        ".all_areas": replace(one, all_areas=areas),
        ".areas": replace(one, areas=one.areas.iloc[::-1]),
        ".notes.0": replace(one, notes=("another", *one.notes[1:])),
        ".sensitivity.choices": replace(
            one, sensitivity=replace(one.sensitivity, choices=one.sensitivity.choices.iloc[1:])
        ),
        ".weights": replace(one, weights=2 * one.weights),
        ".config.title": replace(one, config=one.config | {"title": "another"}),
    }
    for path, other in changes.items():
        assert list(differences(one, other)) == [path]


@pytest.fixture(scope="module")
def with_other_noise():
    """The small world, one restricted cell of which has another noised count."""
    world, result = first(SMALL, 0)
    counts = result.counts.copy()
    column = restricted_columns(counts, world.config)[0]
    counts.loc[counts.index[27], column] += 12
    return result_of(world._replace(given=world.given._replace(counts=counts)))


@pytest.mark.parametrize("profile", ["public", "partner"])
def test_other_noise_is_seen(profile, with_other_noise, tmp_path):
    """The test can fail: one restricted cell with another noised count changes files."""
    one = first_files(SMALL, 0, profile, tmp_path / "1")
    changed = held(with_other_noise, first(SMALL, 0)[1], profile)
    assert one != written(changed, profile, tmp_path / "2")
