"""What is written of a release, and what the internal profile alone writes."""

from dataclasses import replace

import pytest
from example_release import example_release

from riskindex.outputs import every_output

FIRST_AND_LAST = "Writing the list", "Writing the manifest"
CONTENT = ("top_areas.csv", "places.csv", "all_areas.csv", "figures.csv")
INTERNAL = ("uncounted_events.csv", "scores.csv", "hotspots.csv")


@pytest.fixture
def written(monkeypatch):
    """Write a release with the tables alone: pages and workbook have tests of their own."""
    made = []
    for name in vars(every_output):
        if name.startswith("write_") and name not in ("write_csv", "write_every_output"):
            monkeypatch.setattr(every_output, name, lambda *_, _name=name, **__: made.append(_name))

    def write(profile, folder):
        stages = []
        released = replace(example_release(), profile=profile)
        every_output.write_every_output(released, folder, earlier=folder, say=stages.append)
        return {path.name for path in folder.iterdir()}, stages, made

    return write


@pytest.mark.parametrize("profile", ["internal", "partner", "public"])
def test_single_counts_and_scores_are_written_for_the_internal_profile_alone(
    profile, written, tmp_path
):
    files, _, _ = written(profile, tmp_path)
    assert set(CONTENT) <= files
    assert files.isdisjoint(INTERNAL) == (profile != "internal")


def test_the_manifest_comes_last_so_that_it_covers_everything(written, tmp_path):
    _, stages, made = written("internal", tmp_path)
    assert (stages[0], stages[-1]) == FIRST_AND_LAST
    assert made[-1] == "write_manifest"
