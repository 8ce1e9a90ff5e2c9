"""What a run reads: too many lost events stop it, and every file that it read is named."""

import pytest
from small_force import offences, write_force

from riskindex.config import read_config
from riskindex.errors import DataError
from riskindex.files.frames import Frames
from riskindex.inputs import read_inputs


def read(folder, records, **frames):
    return read_inputs(read_config(write_force(folder, offences=records)), Frames(**frames))


def test_factors_and_measures_are_counted_of_the_same_records(tmp_path):
    records = offences()
    given = read(tmp_path, records)
    assert given.reconciliation.loc[("offences", ""), "read"] == len(records)
    assert set(given.counts.columns.get_level_values("factor")) == {"serious"}
    assert set(given.measured.counts.columns.get_level_values("factor")) == {"wider"}
    # More than the definition of serious violence asks for is an offence with a weapon.
    assert given.measured.counts.sum().sum() > given.counts.xs("2022", axis=1, level=2).sum().sum()


def test_every_file_that_was_read_is_named_once(tmp_path):
    files = read(tmp_path, offences()).files
    assert sorted(files["name"]) == ["age.csv", "areas.geojson", "offences.csv"]


def test_too_many_lost_events_stop_the_run_before_any_test(tmp_path):
    records = offences()
    records.loc[records.index % 2 == 0, "area"] = None
    with pytest.raises(DataError, match=r"offences: .* without a location.*accept_losses"):
        read(tmp_path, records)


def test_stages_are_named_as_they_begin(tmp_path):
    said = []
    config = read_config(write_force(tmp_path))
    read_inputs(config, Frames(), say=said.append)
    stages = [stage for stage in said if ":" not in stage]
    assert stages == ["Reading areas", "Reading tables", "Counting events"]
