"""What may not be seen moves no byte: other counts behind the same noise give the same files."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from list_refusals import lists_may_leave
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

QUICK, ALL = 1, 24
"""Changed worlds of each shape, by default and in the long run."""
WORLDS = [
    pytest.param(name, seed, marks=[] if seed < QUICK else [pytest.mark.long])
    for name in SHAPES
    for seed in range(ALL)
]
PLACES = [name for name, shape in SHAPES.items() if shape.sensitive]


@pytest.fixture(autouse=True)
def _key(tmp_path, monkeypatch):
    write_key(tmp_path / "release.key", KEY)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "release.key"))
    # Whether a list may leave is another question: here it is held.
    lists_may_leave(monkeypatch)


@cache
def first(name: str, number: int):
    """A world of a shape with its result; a few worlds serve all changes."""
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
        same = written(held(changed, result, profile), profile, tmp_path / f"{profile}-2")
        assert_same_files(files(result, profile, tmp_path / f"{profile}-1"), same)


@pytest.mark.parametrize(("name", "seed"), WORLDS)
def test_other_counts_behind_the_same_noise_move_no_byte(name, seed, tmp_path):
    world, result = first(name, seed % 4)
    other = another(world, np.random.default_rng([seed, 5]))
    assert_other_world(world, other)
    known = lambda _, profile, folder: first_files(name, seed % 4, profile, folder)  # noqa: E731
    assert_unseen(result, result_of(other), tmp_path, known)


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(k, marks=pytest.mark.long) for k in range(1, 6))]
)
def test_a_sensitive_place_that_moves_within_its_district_moves_no_byte(name, seed, tmp_path):
    world, here, there = with_two_lists_alike(make_world(name, seed=seed))
    result, changed = (result_of(with_places(world, codes)) for codes in (here, there))
    assert set(here) != set(there)
    assert not result.counts.equals(changed.counts)
    assert_unseen(result, changed, tmp_path)


@pytest.mark.parametrize("profile", ["public", "partner"])
def test_other_noise_is_seen(profile, tmp_path):
    """The test can fail: one restricted cell with another noised count changes files."""
    world, result = first("districts", 0)
    counts = result.counts.copy()
    column = restricted_columns(counts, world.config)[0]
    counts.loc[counts.index[27], column] += 12
    changed = result_of(world._replace(given=world.given._replace(counts=counts)))
    one = written(result, profile, tmp_path / "1")
    assert one != written(held(changed, result, profile), profile, tmp_path / "2")
