import stat

import numpy as np
import pandas as pd
import pytest
from event_tables import TABLE, write, zipped
from small_events import count, factor, line, source, squares

from riskindex.errors import InputError
from riskindex.events.count import count_events
from riskindex.events.read import frame_events, open_events
from riskindex.events.sources import EventSource
from riskindex.files.formats import sniff


def test_faults_of_several_sources_come_together(tmp_path):
    write(tmp_path, "date,area\nx,E1\n", "a.csv")
    write(tmp_path, "when,area\n2022,E1\n", "b.csv")
    sources = {name: source(path=f"{name}.csv") for name in ("a", "b", "c")}
    with pytest.raises(InputError) as refused, open_events(sources, folder=tmp_path):
        pass
    assert len(refused.value.faults) == 3
    assert "a.csv: row 2" in refused.value.faults[0]
    assert "b.csv: no column 'date'" in refused.value.faults[1]
    assert "sources.c.path: no file 'c.csv'" in refused.value.faults[2]


def test_the_temporary_folder_is_private_and_removed(tmp_path):
    zipped(tmp_path / "e.zip", **{"a.csv": TABLE, "b.csv": TABLE + "2022-05,E1,a\n"})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with open_events({"s": source(path="e.zip")}, folder=tmp_path, temporary=scratch):
        (home,) = scratch.iterdir()
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert [sniff(file) for file in home.iterdir() if file.suffix == ".csv"] == []
    assert list(scratch.iterdir()) == []
    with (
        pytest.raises(InputError),
        open_events({"s": source(path="e.zip", date="when")}, folder=tmp_path, temporary=scratch),
    ):
        pass
    assert list(scratch.iterdir()) == []


def test_little_memory_is_enough(tmp_path):
    n = 200_000
    table = pd.DataFrame({"date": "2022-05", "area": "E01000001", "p": np.arange(n) // 2})
    table.to_csv(tmp_path / "events.csv", index=False)
    sources = {"s": source(path="events.csv", distinct="p")}
    with open_events(sources, folder=tmp_path, memory="60MB", threads=1) as opened:
        counted = count_events(opened.events, squares("E01000001"), [factor()])
    assert line(counted) == {"read": n, "counted": n // 2, "duplicates": n // 2}


# ---- Data frames


def test_a_data_frame_gives_the_same_counts_as_its_file(tmp_path):
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "date": pd.Timestamp("2022-01-01") + pd.to_timedelta(rng.integers(0, 360, 500), "D"),
            "area": rng.choice(["E01000001", "E01000002", None], 500),
            "person": rng.integers(0, 50, 500),
            "kind": rng.choice(["a", "b"], 500),
        }
    )
    table.to_csv(tmp_path / "events.csv", index=False)
    areas, only_a = squares("E01000001", "E01000002"), factor(where={"kind": ["a"]})
    of_frame = count(table.to_dict("records"), areas, only_a, distinct="person")
    sources = {"s": source(path="events.csv", distinct="person")}
    with open_events(sources, folder=tmp_path, factors=[only_a]) as opened:
        of_file = count_events(opened.events, areas, [only_a])
    pd.testing.assert_frame_equal(of_frame.counts, of_file.counts)
    pd.testing.assert_frame_equal(of_frame.reconciliation, of_file.reconciliation)


@pytest.mark.parametrize(
    "dates",
    [
        pd.to_datetime(["2022-05-01", None]),
        pd.PeriodIndex(["2022-05", None], freq="M"),
        pd.array(["2022-05", None], dtype="string"),
        np.array(["2022-05-01", "NaT"], dtype="datetime64[D]"),
    ],
)
def test_data_frames_may_hold_any_kind_of_date(dates):
    frame = pd.DataFrame({"date": dates, "area": ["E1", "E2"]})
    found = frame_events(frame, source()).relation.order("row").df()["date"]
    assert found[0] == pd.Timestamp("2022-05-01")
    assert found.isna().tolist() == [False, True]


def test_a_data_frame_is_checked_like_a_file():
    frame = pd.DataFrame({"date": ["2022-05", "03/04/2024"], "area": ["E1", "E1"]})
    with pytest.raises(InputError, match="events: row 2, column 'date', value '03/04/2024'"):
        frame_events(frame, source())
    with pytest.raises(InputError, match="events: no column 'when'; there is 'date', 'area'"):
        frame_events(frame, source(date="when"))


def test_progress_tells_rows_and_files(tmp_path):
    for month, n in (("2022-01", 2), ("2022-02", 3)):
        rows = "".join(f"{month},E01000001\n" for _ in range(n))
        (tmp_path / f"{month}.csv").write_text("date,area\n" + rows)
    source = EventSource(kind="events", path="*.csv", date="date", area="area")
    said = []
    with open_events({"s": source}, folder=tmp_path, say=said.append):
        pass
    assert said == [
        "s, 0 rows of 0 of 2 files read, now 2022-01.csv",
        "s, 2 rows of 1 of 2 files read, now 2022-02.csv",
    ]


def test_a_date_of_birth_in_place_of_an_age_is_refused_and_not_shown():
    ages = ["34", "1990-02-03", "3/2/1990"]
    frame = pd.DataFrame({"when": ["2022-01-01"] * 3, "home": ["E1"] * 3, "age": ages})
    asked = EventSource(kind="events", path="x.csv", date="when", area="home", age="age")
    with pytest.raises(InputError, match=r"column 'age' \(and 1 more\): a date and no") as refused:
        frame_events(frame, asked)
    assert "1990" not in str(refused.value)
