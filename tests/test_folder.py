"""A result folder is the old result or the new one, never a mixture."""

import errno
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from riskindex.errors import InputError
from riskindex.folder import MANIFEST, restore, written_whole


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


def test_a_full_disk_is_called_one_and_the_old_result_stays(tmp_path):
    target = tmp_path / "result"
    write(target, "one")
    with pytest.raises(InputError, match="disk is full"), written_whole(target):
        raise RuntimeError(OSError(errno.ENOSPC, "No space left on device"))
    assert (target / "list.csv").read_text() == "one"
