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

from riskindex.errors import InputError
from riskindex.folder import MANIFEST, held, private_folder, restore, written_whole


def write(target, text):
    with written_whole(target) as out:
        (out / "list.csv").write_text(text)
        (out / MANIFEST).write_text("{}")


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


def test_after_a_kill_between_the_two_renames_the_old_result_comes_back(tmp_path):
    target = tmp_path / "result"
    write(target, "one")
    target.rename(tmp_path / ".result.old")
    (tmp_path / ".result.new").mkdir()
    restore(target)
    assert (target / "list.csv").read_text() == "one"
    assert names_beside(target) == []


def test_a_second_run_is_refused_at_once_and_told_who_holds_the_folder(tmp_path):
    target = tmp_path / "result"
    with written_whole(target) as out:
        (out / MANIFEST).write_text("{}")
        with pytest.raises(InputError, match=f"process {os.getpid()}"), written_whole(target):
            pass


def _write_for_ever(target):
    for k in range(10_000):
        write(target, str(k))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a system that can kill")
@pytest.mark.parametrize("moments", [12, pytest.param(200, marks=pytest.mark.long)])
def test_a_killed_run_leaves_one_whole_result(tmp_path, moments):
    target = tmp_path / "result"
    write(target, "first")
    spawn = multiprocessing.get_context("fork" if os.name == "posix" else "spawn")
    for k in range(moments):
        run = spawn.Process(target=_write_for_ever, args=(target,))
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
        assert hold.private.parent == tmp_path
        assert hold.private.name.startswith(".result.private-")
        if os.name == "posix":
            assert hold.private.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_held_from_the_start_of_a_run(tmp_path):
    with held(tmp_path / "result") as hold:
        with pytest.raises(InputError, match="another run"), held(tmp_path / "result"):
            pass
        with written_whole(hold) as out:
            (out / MANIFEST).write_text("{}")
    assert names_beside(tmp_path / "result") == []


def _hold_for_ever(parent, ready):
    with private_folder(parent, "riskindex-test-") as home:
        (home / "events.duckdb").write_text("rows")
        ready.set()
        time.sleep(60)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a system that can kill")
def test_what_a_killed_run_left_is_removed_and_what_a_living_one_uses_is_not(tmp_path):
    fork = multiprocessing.get_context("fork")
    ready = [fork.Event(), fork.Event()]
    runs = [fork.Process(target=_hold_for_ever, args=(tmp_path, event)) for event in ready]
    for run, event in zip(runs, ready, strict=True):
        run.start()
        assert event.wait(30)
    os.kill(runs[0].pid, signal.SIGKILL)
    runs[0].join()
    assert len(list(tmp_path.iterdir())) == 2
    with private_folder(tmp_path, "riskindex-test-"):
        assert len(list(tmp_path.iterdir())) == 2
    assert len(list(tmp_path.iterdir())) == 1
    runs[1].terminate()
    runs[1].join()


@pytest.mark.parametrize("gone", ["the folder above", "what is being written"])
def test_a_folder_that_is_removed_meanwhile_is_said_to_be(tmp_path, gone):
    target = tmp_path / "above" / "result"

    def lose():
        with written_whole(target) as out:
            shutil.rmtree(out.parent if gone == "the folder above" else out)
            (out / "list.csv").write_text("one")

    with pytest.raises(InputError, match="was removed"):
        lose()
    assert not target.exists()


def test_a_folder_that_may_not_be_written_is_refused_before_anything_is_read(tmp_path, monkeypatch):
    def refuse(*_arguments, **_options):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("riskindex.folder.FileLock.acquire", refuse)
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
    monkeypatch.setattr("riskindex.folder.os.access", lambda *_all: False)
    with pytest.raises(InputError, match="may not be written; name another folder"):
        write(tmp_path / "result", "one")


def test_a_file_that_is_lacking_inside_is_our_fault_and_no_removal(tmp_path):
    with pytest.raises(FileNotFoundError), written_whole(tmp_path / "result") as out:
        (out / "none").read_text()
    assert list(tmp_path.iterdir()) == []


def test_private_folders_that_others_may_use_stay(tmp_path):
    (tmp_path / "riskindex-test-new").mkdir()  # made a moment ago, its hold is on its way
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "riskindex-test-link").symlink_to(tmp_path / "elsewhere")
    with private_folder(tmp_path, "riskindex-test-"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "elsewhere", "riskindex-test-link", "riskindex-test-new"
    ]  # fmt: skip


SIGNALLED = """
import os, shutil, signal, sys
from pathlib import Path
from riskindex.folder import written_whole

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
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_no_signal_comes_between_the_names_and_the_tidying(tmp_path, sign):
    result = tmp_path / "result"
    write(result, "old")
    # In a process of its own: signals reach the main thread alone, and a test may run in another.
    subprocess.run([sys.executable, "-c", SIGNALLED, str(result), str(int(sign))], check=True)
    assert (result / "list.csv").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["result"]
