"""Runs that are killed, stopped or starved: the old result or the new one, and nothing beside."""

import errno
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from glob import glob
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fault_corpus import write_project

from riskindex import save
from riskindex.cli import main
from riskindex.errors import InputError
from riskindex.files.whole_folder import held, home_of, unfinished
from riskindex.outputs import every_output
from riskindex.outputs.verify import verify

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals")

TITLES = ("A small place", "A second place")
HEAVY = [
    "riskindex.pipeline",
    "riskindex.outputs.every_output",
    "riskindex.publication",
    "duckdb",
    "geopandas",
    "pyogrio",
    "folium",
    "gptables",
    "matplotlib.pyplot",
    "libpysal",
    "scipy.stats",
]


def _command(arguments: list[str], words: str) -> None:
    """A command in a process of its own, whose words go to a file."""
    file = os.open(words, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.environ["RISKINDEX_TRACEBACK"] = "1"
    sys.argv = ["riskindex", *arguments]
    main()


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Start a command at once: what takes long to import is there already."""
    words = tmp_path_factory.mktemp("words") / "last"
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(HEAVY)

    def start(*arguments: object) -> Any:
        given = ([str(argument) for argument in arguments], str(words))
        process = context.Process(target=_command, args=given)
        process.start()
        process.words = words
        return process

    return start


class Place:
    """A folder with two configs, and the result of the first."""

    def __init__(self, folder: Path, started: Any) -> None:
        project = write_project(folder)
        project.write("second.toml", project.text("config.toml").replace("small", "second"))
        self.configs = [folder / "config.toml", folder / "second.toml"]
        self.target, self.started = folder / "out" / "result", started
        self.seconds = self.finish(0)

    def run(self, config: Path) -> Any:
        return self.started("run", config, "--out", self.target, "--profile", "internal")

    def finish(self, config: int) -> float:
        """A run to its end, with nothing left beside its result; the seconds in the folder."""
        run = self.holding(self.configs[config])
        began = time.monotonic()
        run.join()
        assert run.exitcode == 0, run.words.read_text()
        assert self.title() == TITLES[config]
        assert self.beside() == []
        return time.monotonic() - began

    def interrupt(self, config: int, share: float, sign: signal.Signals) -> Any:
        """A run that gets a signal when it holds the folder, and a share of its time is over."""
        run = self.holding(self.configs[config])
        run.join(self.seconds * share)
        with suppress(ProcessLookupError):
            os.kill(run.pid, sign)
        run.join()
        return run

    def holding(self, config: Path) -> Any:
        """A run that holds the folder."""
        run = self.run(config)
        while run.is_alive() and not self.is_held():
            run.join(0.005)
        return run

    def is_held(self) -> bool:
        """Whether a run has written its number beside its temporary files."""
        number = home_of(self.target) / "scratch" / "process"
        return number.exists() and bool(number.read_text())

    def tidy(self) -> None:
        """What the next run does first of all; then it is its own number that shows."""
        with held(self.target):
            pass

    def beside(self) -> list[str]:
        return sorted(path.name for path in self.target.parent.iterdir() if path != self.target)

    def title(self) -> str:
        """What `verify` says after a kill: which whole result it is, and where."""
        if self.target.exists():
            found = verify(self.target)
        else:  # killed between the two names
            with pytest.raises(InputError, match="The earlier result lies in"):
                verify(self.target)
            found = verify(unfinished(self.target)[1])
        assert found.faults == ()
        return found.title


@pytest.fixture(scope="module")
def place(tmp_path_factory, started) -> Place:
    return Place(tmp_path_factory.mktemp("killed"), started)


@pytest.mark.parametrize("moments", [3, pytest.param(200, marks=pytest.mark.long)])
def test_a_run_killed_at_any_moment_leaves_the_old_result_or_the_new_one(place, moments):
    left: set[str] = set()
    shares = np.random.default_rng(5).permutation(np.linspace(0.0, 1.0, moments))
    for k, share in enumerate(shares):
        before = place.title()
        place.tidy()
        place.interrupt(k % 2, share, signal.SIGKILL)
        assert place.title() in (before, TITLES[k % 2])
        assert set(place.beside()) <= {home_of(place.target).name}
        if place.beside():
            assert home_of(place.target).stat().st_mode & 0o777 == 0o700
            left |= {path.name for path in home_of(place.target).iterdir()}
        if k % 10 == 9:
            place.finish(k // 10 % 2)
    place.tidy()
    assert place.beside() == []
    assert place.title() in TITLES
    if moments > 100:
        assert left >= {"run.lock", "scratch", "new"}  # kills did hit something


@pytest.mark.parametrize(
    ("sign", "first"), [(signal.SIGINT, 0.4), (signal.SIGTERM, 0.9), (signal.SIGHUP, 0.6)]
)
@pytest.mark.parametrize("moments", [1, pytest.param(50, marks=pytest.mark.long)])
def test_a_run_that_is_stopped_tidies_up_at_once(place, sign, first, moments):
    shares = [first, *np.random.default_rng(6).uniform(0.2, 0.95, moments - 1)]
    for k, share in enumerate(shares):
        before = place.title()
        run = place.interrupt(k % 2, share, sign)
        assert run.exitcode in (0, 130), run.words.read_text()
        assert place.title() == (TITLES[k % 2] if run.exitcode == 0 else before)
        assert place.beside() == []


COUNTING, WRITING = "scratch/*/events.duckdb*", "new/*.csv"
"""What lies in the hidden folder in the middle of counting, and in the middle of writing."""


@pytest.mark.parametrize(
    ("moment", "command"),
    [
        (COUNTING, ["check", "config.toml"]),
        (WRITING, ["verify", "out/result"]),
        *(
            pytest.param(moment, command, marks=pytest.mark.long)
            for moment, command in [
                (WRITING, ["check", "config.toml", "--quiet"]),
                (COUNTING, ["verify", "out/result"]),
                (COUNTING, ["compare", "out/result", "out/result"]),
                (COUNTING, ["sql", "out/none.toml"]),
                (WRITING, ["run", "config.toml", "--out=out/other", "--profile", "internal"]),
                (WRITING, ["run", "none.toml", "-oout/other"]),
                (COUNTING, ["new", "open-data", "out/new.toml"]),
            ]
        ),
    ],
)
def test_what_a_killed_run_left_is_private_and_gone_after_any_command(
    place, monkeypatch, moment, command
):
    if command[0] == "check":  # which names no folder, and is run in it
        monkeypatch.chdir(place.target.parent)
        command = [command[0], "../config.toml", *command[2:]]
    else:
        monkeypatch.chdir(place.target.parents[1])
    before, home = place.title(), home_of(place.target)
    run = place.holding(place.configs[0])
    # Not `Path.glob`, which fails where a folder goes while it looks.
    while run.is_alive() and not glob(str(home / moment)):
        time.sleep(0.001)
    os.kill(run.pid, signal.SIGKILL)
    run.join()
    assert run.exitcode == -signal.SIGKILL
    assert place.beside() == [home.name]
    assert home.stat().st_mode & 0o777 == 0o700
    assert any(home.glob(moment))
    in_process(*command)
    assert not home.exists()
    assert place.title() == before
    shutil.rmtree(place.target.with_name("other"), ignore_errors=True)
    place.target.with_name("new.toml").unlink(missing_ok=True)


def test_a_check_that_is_killed_leaves_its_copies_private_until_the_next_command(
    place, tmp_path, monkeypatch
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    check = subprocess.Popen([sys.executable, "-m", "riskindex", "check", place.configs[0]])
    while check.poll() is None and not any(tmp_path.glob(".check-*/scratch/process")):
        time.sleep(0.001)
    check.kill()
    check.wait()
    (home,) = tmp_path.iterdir()
    assert home.stat().st_mode & 0o777 == 0o700
    in_process("schema")
    assert list(tmp_path.iterdir()) == []


def test_two_runs_at_once_side_by_side_do_not_disturb_each_other(place, tmp_path):
    targets = [tmp_path / "first", tmp_path / "second"]
    given = zip(place.configs, targets, strict=True)
    runs = [place.started("run", c, "--out", t, "--profile", "internal") for c, t in given]
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0, 0]
    assert tuple(verify(target).title for target in targets) == TITLES
    assert sorted(tmp_path.iterdir()) == targets


# A disk without room, a folder that may not be written or is removed, two runs at once


@pytest.fixture
def disk(tmp_path) -> Iterator[Path]:
    """A disk of its own of 8 MB, where this machine lets us make one."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(tmp_path / "disk")]
    (tmp_path / "disk").mkdir()
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets us make no small disk")
    yield tmp_path / "disk"
    subprocess.run(["umount", "-l", str(tmp_path / "disk")], check=True)


@pytest.mark.long
def test_wherever_the_disk_is_full_the_old_result_stays_and_it_is_said(disk):
    project = write_project(disk)
    target, filler = disk / "result", disk / "filler"
    run = ["run", project.folder / "config.toml", "--out", target, "--profile", "internal"]
    assert in_process(*run) == (0, "")
    codes = []
    for free in (0, 1, 10, 50, 100, 200, 400, 600, 800, 1000, 1300, 1600, 2000, 3000):
        filler.unlink(missing_ok=True)
        room = shutil.disk_usage(disk).free - 1024 * free
        filler.write_bytes(bytes(max(room, 0)))
        code, words = in_process(*run)
        assert (code, "disk" in words and "full" in words) in ((0, False), (3, True)), (free, words)
        assert verify(target).faults == ()
        left = {path.name for path in disk.iterdir() if path.name.startswith(".")}
        assert left == set()
        codes.append(code)
    assert codes[0] == 3
    assert codes[-1] == 0


WRITERS = (
    "write_csv",
    "write_workbook",
    "write_geopackage",
    "write_map",
    "write_report",
    "write_governance",
    "write_profiles",
    "write_manifest",
)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_disk_that_fills_up_while_this_is_written(county_released, tmp_path, monkeypatch, writer):
    old = tmp_path / "result"
    old.mkdir()
    (old / "manifest.json").write_text("{}")

    def full(*_given: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in WRITERS[: WRITERS.index(writer)]:  # what was written before is not looked at
        monkeypatch.setattr(every_output, name, lambda *_given, **_more: None)
    monkeypatch.setattr(every_output, writer, full)
    with pytest.raises(InputError, match="the disk is full, so that nothing was written"):
        save(county_released, old)
    assert [path.name for path in tmp_path.rglob("*")] == ["result", "manifest.json"]


def in_process(*arguments: object) -> tuple[int, str]:
    """A command in a process of its own: its exit code and what it says of faults."""
    command = [sys.executable, "-m", "riskindex", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_a_second_run_in_a_folder_is_refused_at_once_and_told_who_holds_it(place):
    before = place.title()
    with held(place.target):
        second = place.run(place.configs[0])
        second.join()
    assert second.exitcode == 3
    title = second.words.read_text()
    assert f"another run (process {os.getpid()}) is writing here" in title
    assert "Wait for it, or name another folder" in title
    assert place.title() == before


@pytest.mark.parametrize("moment", [0.3, pytest.param(0.8, marks=pytest.mark.long)])
def test_a_folder_that_is_removed_during_a_run_ends_it_with_a_sentence(tmp_path, place, moment):
    target = tmp_path / "above" / "result"
    run = place.started("run", place.configs[0], "--out", target, "--profile", "internal")
    run.join(place.seconds * moment)
    shutil.rmtree(tmp_path / "above", ignore_errors=True)
    run.join()
    assert run.exitcode in (0, 3)  # 0: it was done before
    assert not target.exists() or verify(target).faults == ()
