"""A run that takes more memory than it may ends with a sentence."""

import ctypes
import dataclasses
import signal
import struct
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest
from fault_corpus import write_project

from riskindex import read_config, release, run, save
from riskindex.cli import main
from riskindex.errors import ConfigError, DataError, InputError
from riskindex.events.records.table import connect
from riskindex.files.formats import refuse_full
from riskindex.files.memory import bounded, memory_of_database, parse_memory, resident


@pytest.mark.parametrize(
    ("text", "size"), [("3GB", 3 * 10**9), ("500 MB", 5 * 10**8), ("1.5GiB", 3 * 2**29)]
)
def test_a_size_is_read_with_its_unit(text, size):
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "3", "3 gigabytes", "-1GB", "0GB", "inf GB"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ConfigError, match="write it like 3GB"):
        parse_memory(text)


def test_a_process_holds_some_memory():
    assert 10**7 < (resident() or 0) < 10**12


def hold_a_gigabyte_in_five_seconds():
    held = []
    for _ in range(100):
        held.append(b"x" * 10**7)
        time.sleep(0.05)
    pytest.fail("the work went on to its end")


@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN])
def test_a_cap_that_is_passed_ends_what_is_at_work(handler):
    before = signal.signal(signal.SIGINT, handler)
    try:
        cap = f"{(resident() or 0) // 10**6 + 60}MB"
        with pytest.raises(DataError, match=rf"the cap is {cap}. Set memory higher"), bounded(cap):
            hold_a_gigabyte_in_five_seconds()
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_without_a_cap_and_below_it_nothing_happens():
    for cap in (None, "900GB"):
        with bounded(cap):
            pass


@pytest.mark.parametrize("words", ["Query interrupted", "INTERRUPT Error: Interrupted!"])
def test_a_query_that_the_cap_ends_is_told_as_the_cap(words):
    def query():
        try:
            time.sleep(5)
        except KeyboardInterrupt:
            raise RuntimeError(words) from None

    with pytest.raises(DataError, match="the cap is 1MB"), bounded("1MB"):
        query()
    with pytest.raises(RuntimeError), bounded("900GB"):
        raise RuntimeError(words)


def test_an_interruption_by_the_user_stays_one():
    with pytest.raises(KeyboardInterrupt), bounded("900GB"):
        raise KeyboardInterrupt


def test_a_machine_without_memory_is_said_to_be():
    with pytest.raises(DataError, match="the machine has none left"), bounded(None):
        raise MemoryError


def test_a_run_over_its_cap_ends_with_a_sentence(tmp_path):
    project = write_project(tmp_path)
    project.write("config.toml", 'memory = "20MB"\n' + project.text("config.toml"))
    with pytest.raises(DataError, match="the cap is 20MB"):
        run(read_config(tmp_path / "config.toml"))


def test_releasing_and_saving_over_the_cap_leave_the_folder_as_it_was(county_result, tmp_path):
    capped = county_result.config.model_copy(update={"memory": "20MB"})
    result = dataclasses.replace(county_result, config=capped)
    with pytest.raises(DataError, match="the cap is 20MB"):
        release(result, profile="public")
    released = release(county_result, profile="internal")
    with pytest.raises(DataError, match="the cap is 20MB"):
        save(released, tmp_path / "result", memory="20MB")
    assert list(tmp_path.iterdir()) == []


def test_a_check_over_the_cap_ends_with_a_sentence(tmp_path, monkeypatch, capsys):
    project = write_project(tmp_path)
    project.write("config.toml", 'memory = "20MB"\n' + project.text("config.toml"))
    monkeypatch.setattr(sys, "argv", ["riskindex", "check", str(tmp_path / "config.toml")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == DataError.exit_code
    assert "the cap is 20MB. Set memory higher" in capsys.readouterr().err


def test_a_cap_that_is_no_size_is_a_fault_of_the_config(tmp_path):
    project = write_project(tmp_path)
    project.write("config.toml", 'memory = "lots"\n' + project.text("config.toml"))
    with pytest.raises(ConfigError, match=r"config.toml: memory: 'lots' is no size"):
        read_config(tmp_path / "config.toml")


def test_counting_without_room_is_told():
    with pytest.raises(duckdb.Error) as full:
        connect(memory="1MB").execute("CREATE TABLE t AS SELECT range AS a FROM range(9000000)")
    with pytest.raises(InputError, match="Set memory higher"):
        refuse_full(full.value)


@pytest.mark.parametrize("words", ["Query interrupted", "INTERRUPT Error: Interrupted!"])
def test_an_interrupted_query_is_no_fault_of_ours_or_of_the_file(words):
    with pytest.raises(KeyboardInterrupt):
        refuse_full(RuntimeError(words))


def test_a_third_of_the_cap_is_for_counting():
    assert memory_of_database("3GB") == "1000MB"
    assert memory_of_database(None) == "1GB"


def test_systems_that_tell_less_are_asked_what_they_tell(monkeypatch):
    monkeypatch.setattr("riskindex.files.memory._STATUS", Path("/nowhere"))
    assert (resident() or 0) > 10**7
    monkeypatch.setitem(sys.modules, "resource", None)
    monkeypatch.setattr(ctypes, "windll", None, raising=False)
    assert resident() is None
    with pytest.raises(ConfigError, match="leave the cap out"), bounded("900GB"):
        pass


class Windows:
    """A system that tells the working set as `PROCESS_MEMORY_COUNTERS` of 64 bits does."""

    working_set = 2 * 10**9

    @property
    def kernel32(self):
        return self

    def K32GetProcessMemoryInfo(self, process, counters, size):
        assert ctypes.cast(process, ctypes.c_void_p).value == 2**64 - 1  # this process
        assert size == 72
        assert struct.unpack_from("<I", counters._obj)[0] == size
        struct.pack_into("<IIQQ", counters._obj, 0, size, 17, 9 * 10**9, self.working_set)
        return 1


def test_windows_is_asked_for_the_working_set(monkeypatch):
    monkeypatch.setattr("riskindex.files.memory._STATUS", Path("/nowhere"))
    monkeypatch.setitem(sys.modules, "resource", None)
    monkeypatch.setattr(ctypes, "windll", Windows(), raising=False)
    assert resident() == 2 * 10**9
    with pytest.raises(DataError, match=r"holds 2.00 GB, and the cap is 1GB"), bounded("1GB"):
        time.sleep(5)
    with bounded("3GB"):
        pass


def test_outside_the_main_thread_the_cap_is_looked_at_in_the_end():
    said = []

    def work():
        with pytest.raises(DataError, match="the cap is 1MB") as error, bounded("1MB"):
            time.sleep(0.2)
        said.append(error.value)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(said) == 1
