"""A result folder is the old result or the new one, never a mixture."""

import errno
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock
from whole_writes import write, write_often

from riskindex.errors import InputError
from riskindex.files.whole_folder import (
    MANIFEST,
    STOPS,
    clear_abandoned,
    held,
    home_of,
    private_folder,
    unfinished,
    written_whole,
)


def names_beside(target):
    return sorted(p.name for p in target.parent.iterdir() if p != target)


def test_a_new_folder_appears_whole(tmp_path):
    write(tmp_path / "result", "one")
    assert (tmp_path / "result" / "list.csv").read_text() == "one"
    assert names_beside(tmp_path / "result") == []


def test_an_old_result_is_replaced_with_nothing_left_of_it(tmp_path):
    write(tmp_path / "result", "one")
    (tmp_path / "result" / "extra.txt").write_text("x")
    write(tmp_path / "result", "two")
    assert sorted(p.name for p in (tmp_path / "result").iterdir()) == ["list.csv", MANIFEST]


def test_a_fault_while_writing_leaves_the_old_result(tmp_path):
    target = tmp_path / "result"
    write(target, "one")
    with pytest.raises(IsADirectoryError), written_whole(target) as out:
        out.write_text("not a file")
    assert (target / "list.csv").read_text() == "one"
    assert names_beside(target) == []


def test_a_folder_of_somebody_else_is_not_replaced(tmp_path):
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(InputError, match="not a riskindex result"), written_whole(tmp_path):
        pass
    assert (tmp_path / "thesis.docx").read_text() == "mine"


@pytest.mark.parametrize("tidy", [clear_abandoned, lambda parent: write(parent / "other", "x")])
def test_after_a_kill_between_the_two_renames_the_old_result_comes_back(tmp_path, tidy):
    target = tmp_path / "result"
    write(target, "one")
    abandoned(target, "new", "scratch")
    target.rename(unfinished(target)[1])
    tidy(tmp_path)
    assert (target / "list.csv").read_text() == "one"
    assert not home_of(target).exists()


def test_after_a_kill_behind_the_two_renames_the_new_result_stays(tmp_path):
    target = tmp_path / "result"
    write(target, "two")
    abandoned(target, "old", "scratch")
    clear_abandoned(tmp_path)
    assert (target / "list.csv").read_text() == "two"
    assert names_beside(target) == []


def abandoned(target, *parts):
    """What a killed run leaves."""
    home = home_of(target)
    home.mkdir(mode=0o700)
    (home / "run.lock").touch()
    for part in parts:
        (home / part).mkdir()
        (home / part / "events.csv").write_text("rows")


def test_a_second_run_is_refused_at_once_and_told_who_holds_the_folder(tmp_path):
    target = tmp_path / "result"
    with written_whole(target) as out:
        (out / MANIFEST).write_text("{}")
        with pytest.raises(InputError, match=f"process {os.getpid()}"), written_whole(target):
            pass


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a system that can kill")
@pytest.mark.parametrize("moments", [12, pytest.param(200, marks=pytest.mark.long)])
def test_a_killed_run_leaves_one_whole_result(tmp_path, moments):
    target = tmp_path / "result"
    write(target, "first")
    spawn = multiprocessing.get_context("fork" if os.name == "posix" else "spawn")
    for k in range(moments):
        run = spawn.Process(target=write_often, args=(target,))
        run.start()
        time.sleep(0.01 + 0.003 * (k % 17))
        os.kill(run.pid, signal.SIGKILL)
        run.join()
        write(target, "after")
        assert (target / "list.csv").read_text() == "after"
        assert names_beside(target) == []


def test_a_link_to_a_folder_keeps_its_place(tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    try:
        link.symlink_to(tmp_path / "real")
    except OSError:
        pytest.skip("this system makes no links")
    for text in ("one", "two"):
        write(link, text)
    assert link.is_symlink()
    assert (tmp_path / "real" / "list.csv").read_text() == "two"
    assert names_beside(tmp_path / "real") == ["link"]


@pytest.mark.parametrize("name", [".", "..", "/", "x" * 300])
def test_a_folder_that_cannot_be_replaced_is_refused(tmp_path, monkeypatch, name):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(InputError):
        write(Path(name), "one")
    assert list((tmp_path / "here").iterdir()) == []


def test_temporary_files_lie_beside_the_result_and_nobody_else_reads_them(tmp_path):
    with held(tmp_path / "result") as hold:
        assert list(tmp_path.iterdir()) == [hold.private.parent] == [home_of(hold.target)]
        if os.name == "posix":
            assert hold.private.parent.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_held_from_the_start_of_a_run(tmp_path):
    with held(tmp_path / "result") as hold:
        with pytest.raises(InputError, match="another run"), held(tmp_path / "result"):
            pass
        with written_whole(hold) as out:
            (out / MANIFEST).write_text("{}")
    assert names_beside(tmp_path / "result") == []


def _hold_for_ever(target, ready):
    with held(target) as hold, written_whole(hold) as out:
        (hold.private / "events.duckdb").write_text("rows")
        (out / "list.csv").write_text("unfinished")
        ready.set()
        time.sleep(60)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a system that can kill")
def test_what_a_killed_run_left_is_removed_and_what_a_living_one_uses_is_not(tmp_path):
    fork = multiprocessing.get_context("fork")
    ready = [fork.Event(), fork.Event()]
    targets = [tmp_path / "killed", tmp_path / "living"]
    runs = [
        fork.Process(target=_hold_for_ever, args=given)
        for given in zip(targets, ready, strict=True)
    ]
    for run, event in zip(runs, ready, strict=True):
        run.start()
        assert event.wait(30)
    os.kill(runs[0].pid, signal.SIGKILL)
    runs[0].join()
    assert open_to_others(tmp_path) == []
    assert sorted(tmp_path.iterdir()) == sorted(map(home_of, targets))
    clear_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == [home_of(targets[1])]
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 4
    os.kill(runs[1].pid, signal.SIGKILL)
    runs[1].join()
    with private_folder(tmp_path):
        pass
    clear_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == []


def open_to_others(parent):
    """Files that do not lie in a folder of mode 0700, and hidden folders of another mode."""
    return [
        path
        for path in parent.iterdir()
        if not path.is_dir() or (path.name[0] == "." and path.stat().st_mode & 0o777 != 0o700)
    ]


def test_runs_into_two_folders_side_by_side_do_not_disturb_each_other(tmp_path):
    # Not a fork of this process: threads of libraries that earlier tests used may hold locks.
    spawn = multiprocessing.get_context("spawn")
    targets = [tmp_path / f"result{k}" for k in range(3)]
    runs = [spawn.Process(target=write_often, args=(target, 40)) for target in targets]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0] * 3
    assert [(target / "list.csv").read_text() for target in targets] == ["39"] * 3
    assert sorted(tmp_path.iterdir()) == targets


def test_a_folder_that_another_command_removes_while_it_is_locked_is_made_again(
    tmp_path, monkeypatch
):
    acquire, asked = FileLock.acquire, []

    def removed_once(lock, *arguments, **options):
        asked.append(lock)
        if len(asked) == 1:  # what the lock is told where the folder goes while it makes it
            Path(lock.lock_file).parent.rmdir()
            raise FileExistsError(errno.EEXIST, "File exists")
        return acquire(lock, *arguments, **options)

    monkeypatch.setattr("filelock.FileLock.acquire", removed_once)
    write(tmp_path / "result", "one")
    assert (tmp_path / "result" / "list.csv").read_text() == "one"
    assert names_beside(tmp_path / "result") == []


@pytest.mark.parametrize("gone", ["the folder above", "what is being written"])
def test_a_folder_that_is_removed_meanwhile_is_said_to_be(tmp_path, gone):
    target = tmp_path / "above" / "result"

    def lose():
        with written_whole(target) as out:
            shutil.rmtree(target.parent if gone == "the folder above" else out)
            (out / "list.csv").write_text("one")

    with pytest.raises(InputError, match="was removed"):
        lose()
    assert not target.exists()


def test_a_folder_that_may_not_be_written_is_refused_before_anything_is_read(tmp_path, monkeypatch):
    def refuse(*_arguments, **_options):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    with pytest.raises(InputError, match="Read-only file system"):
        write(tmp_path / "result", "one")


def test_a_full_disk_is_called_one_and_the_old_result_stays(tmp_path):
    target = tmp_path / "result"
    write(target, "one")
    with pytest.raises(InputError, match="disk is full"), written_whole(target):
        raise RuntimeError(OSError(errno.ENOSPC, "No space left on device"))
    assert (target / "list.csv").read_text() == "one"


def test_a_place_where_no_folder_can_be_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be made"):
        write(tmp_path / "file" / "below" / "result", "one")
    with pytest.raises(InputError, match="cannot be found"):
        write(Path("a\0b"), "one")


def test_a_folder_that_may_not_be_written_says_so(tmp_path, monkeypatch):
    target = tmp_path / "result"
    write(target, "one")
    for refused in (tmp_path, target):
        monkeypatch.setattr(
            "riskindex.files.whole_folder.os.access", lambda path, _, no=refused: path != no
        )
        with pytest.raises(InputError, match=f"{refused}: may not be written; name another"):
            write(target, "two")
    assert (target / "list.csv").read_text() == "one"


def test_a_file_that_is_lacking_inside_is_our_fault_and_no_removal(tmp_path):
    with pytest.raises(FileNotFoundError), written_whole(tmp_path / "result") as out:
        (out / "none").read_text()
    assert list(tmp_path.iterdir()) == []


def test_what_a_run_did_not_leave_stays(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "run.lock").touch()
    (tmp_path / ".link.riskindex").symlink_to(elsewhere)
    (tmp_path / ".notes.riskindex").mkdir()
    (tmp_path / ".notes.riskindex" / "mine.txt").write_text("mine")
    (tmp_path / ".file.riskindex").write_text("mine")
    (tmp_path / ".empty.riskindex").mkdir()  # killed before it had a lock
    before = sorted(tmp_path.rglob("*"))
    clear_abandoned(tmp_path)
    assert set(before) - set(tmp_path.rglob("*")) == {tmp_path / ".empty.riskindex"}
    clear_abandoned(tmp_path / "none")
    clear_abandoned(Path("a\0b"))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs another user's folder")
def test_a_hidden_folder_that_somebody_else_laid_out_is_not_used(tmp_path):
    target = tmp_path / "result"
    abandoned(target, "scratch")
    os.chown(home_of(target), 12345, 12345)
    clear_abandoned(tmp_path)
    with pytest.raises(InputError, match="is somebody else's"):
        write(target, "one")
    assert [path.name for path in home_of(target).rglob("*.csv")] == ["events.csv"]
    os.chown(tmp_path, 12345, 12345)  # whoever has the folder above could read it all anyway
    write(target, "one")
    assert names_beside(target) == []


def test_what_cannot_be_removed_keeps_its_lock_for_the_next_command(tmp_path, monkeypatch):
    target = tmp_path / "result"
    abandoned(target, "scratch")
    with monkeypatch.context() as patched:
        patched.setattr("riskindex.files.whole_folder.shutil.rmtree", lambda *_given, **_more: None)
        clear_abandoned(tmp_path)
    assert (home_of(target) / "run.lock").exists()
    clear_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == []


SIGNALLED = """
import os, shutil, signal, sys
from pathlib import Path
from riskindex.files.whole_folder import written_whole

target, sign = Path(sys.argv[1]), int(sys.argv[2])
remove, handler = shutil.rmtree, signal.getsignal(sign)

def signalled(*given, **more):
    os.kill(os.getpid(), sign)
    remove(*given, **more)

with written_whole(target) as folder:
    (folder / "list.csv").write_text("new")
    (folder / "manifest.json").write_text("{}")
    shutil.rmtree = signalled
assert signal.getsignal(sign) is handler
"""


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("sign", STOPS)
def test_no_signal_comes_between_the_names_and_the_tidying(tmp_path, sign):
    result = tmp_path / "result"
    write(result, "old")
    # In a process of its own: signals reach the main thread alone, and a test may run in another.
    subprocess.run([sys.executable, "-c", SIGNALLED, str(result), str(int(sign))], check=True)
    assert (result / "list.csv").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["result"]
