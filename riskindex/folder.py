"""A folder that is written whole or not at all, by one run at a time."""

import errno
import glob
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

from filelock import FileLock, Timeout

from riskindex.errors import InputError, RiskindexError

MANIFEST = "manifest.json"


class Held(NamedTuple):
    """A result folder that no other run may touch, while the block of `held` lasts."""

    target: Path
    """The folder itself, where a link leads to it."""
    private: Path
    """A hidden folder beside it (mode 0700) for temporary files."""


@contextmanager
def held(target: Path) -> Iterator[Held]:
    """Hold a result folder from the start of a run to its end.

    Parameters
    ----------
    target
        The result folder; it may exist if it holds an earlier result or nothing.

    Yields
    ------
    Held
        Its private folder is removed at the end; after a kill, by the next run.

    Raises
    ------
    InputError
        Another run holds the folder, it holds something else, or it cannot be written.
    """
    target = _resolved(target)
    _check_parent(target)
    with _told_where_full(target), _locked(target):
        restore(target)
        _refuse_strangers(target)
        prefix = f".{target.name}.private-"
        for left in target.parent.glob(f"{glob.escape(prefix)}*"):
            shutil.rmtree(left, ignore_errors=True)  # nobody else works here: the lock is ours
        with private_folder(target.parent, prefix) as private:
            try:
                yield Held(target, private)
            except Exception:
                if private.exists():
                    raise
                raise InputError(_REMOVED.format(target, private.name)) from None


@contextmanager
def written_whole(target: Path | Held) -> Iterator[Path]:
    """Give a hidden folder that takes the place of `target` when the block ends well.

    The manifest is written last inside the block. The old result is moved aside, the new one
    renamed, the old one removed; a run that is killed leaves the old result or the new one, and
    the next run tidies up.

    Parameters
    ----------
    target
        The result folder, which is held meanwhile, or one that is held already.

    Raises
    ------
    InputError
        As `held` says; or the folder above was removed meanwhile.
    """
    if not isinstance(target, Held):
        with held(target) as hold, written_whole(hold) as staging:
            yield staging
        return
    target = target.target
    staging, old = siblings(target)
    try:
        staging.mkdir()
        yield staging
        _refuse_strangers(target)
        with _undisturbed():
            if target.exists():
                target.rename(old)
            staging.rename(target)
    except FileNotFoundError:
        if staging.exists():
            raise
        raise InputError(_REMOVED.format(target, staging.name)) from None
    finally:
        with _undisturbed():
            shutil.rmtree(staging, ignore_errors=True)
            restore(target)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Heed no Ctrl-C and no request to end while names are changed and what is left is removed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {sign: signal.signal(sign, signal.SIG_IGN) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            if handler is not None:  # one that Python did not set cannot be set again
                signal.signal(sign, handler)


def restore(target: Path) -> None:
    """Bring a folder back to one whole result after a run was killed while it changed names."""
    staging, old = siblings(target)
    shutil.rmtree(staging, ignore_errors=True)
    if old.exists() and not target.exists():
        old.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def siblings(target: Path) -> tuple[Path, Path]:
    """Where a run writes before the result is whole, and where the result before it waits."""
    return target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.old")


_REMOVED = (
    "{}: {} or the folder above it was removed while the run worked in it. Run again, or name a "
    "folder that nobody tidies up."
)


@contextmanager
def private_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A folder that only this user can read, removed at the end; after a kill, by the next.

    Parameters
    ----------
    parent
        Where it is made.
    prefix
        How its name starts. Folders whose names start so and that no living process holds are
        removed first.
    """
    for left in parent.glob(f"{glob.escape(prefix)}*"):
        _remove_abandoned(left)
    home = Path(mkdtemp(prefix=prefix, dir=parent))
    hold = FileLock(home / _HOLD)
    try:
        with hold:
            yield home
    finally:
        with _undisturbed():
            shutil.rmtree(home, ignore_errors=True)


_HOLD = "held"
_JUST_MADE = 60.0  # Seconds in which a living process has surely put its hold into its folder.


def _remove_abandoned(home: Path) -> None:
    with suppress(OSError, Timeout):
        if home.is_symlink() or home.stat().st_uid != _user(home):
            return
        if (home / _HOLD).exists():
            FileLock(home / _HOLD).acquire(timeout=0).lock.release()
        elif time.time() - home.stat().st_mtime < _JUST_MADE:
            return
        shutil.rmtree(home, ignore_errors=True)


def _user(home: Path) -> int:
    """Who we are; on Windows, where folders have no such number, whoever they belong to."""
    return os.getuid() if hasattr(os, "getuid") else home.stat().st_uid


def _resolved(target: Path) -> Path:
    """The folder itself where a link leads to it: what is renamed must not be the link."""
    try:
        real, here = Path(os.path.realpath(target)), Path.cwd()
        long = len(os.fsencode(real.name)) > _LONGEST_NAME
    except (OSError, ValueError) as error:
        raise InputError(f"{target}: cannot be found ({error}); name another folder.") from None
    if real == here or real in here.parents:
        raise InputError(
            f"{real}: is the folder you are in, or holds it, and would be replaced. "
            "Name a folder below it."
        )
    if long:
        raise InputError(f"{target}: the name is too long for a folder; choose a shorter one.")
    return real


_LONGEST_NAME = 255 - len("..private-12345678")
_FULL = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)
_NO_ROOM = 1 << 16  # Libraries of C say in words of their own that a disk is full.


@contextmanager
def _told_where_full(target: Path) -> Iterator[None]:
    try:
        yield
    except RiskindexError:
        raise
    except Exception as error:
        with suppress(OSError):
            # xlsxwriter puts the error of the disk into one of its own.
            told = any(getattr(part, "errno", None) in _FULL for part in (error, *error.args))
            if told or shutil.disk_usage(target.parent).free < _NO_ROOM:
                raise InputError(
                    f"{target}: the disk is full, so that nothing was written. Make room, or name "
                    "a folder on another disk."
                ) from None
        raise


def _check_parent(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{target.parent}: cannot be made ({error.strerror}).") from None
    if not os.access(target.parent, os.W_OK):
        raise InputError(f"{target.parent}: may not be written; name another folder.")


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    path = target.with_name(f".{target.name}.lock")
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"{target}: another run{_holder(path)} is writing here. Wait for it, or name another "
            "folder."
        ) from None
    except OSError as error:
        raise InputError(
            f"{target.parent}: may not be written ({error.strerror}); name another folder."
        ) from None
    try:
        path.write_text(str(os.getpid()))
        yield
    finally:
        # Unlinked while held: after the release it could be the next run's. Windows allows only
        # the other order, and there refuses to unlink what another run has opened.
        steps = (lock.release, path.unlink) if os.name == "nt" else (path.unlink, lock.release)
        for step in steps:
            with suppress(OSError), _undisturbed():
                step()


def _holder(path: Path) -> str:
    with suppress(OSError):
        if text := path.read_text().strip():
            return f" (process {text})"
    return ""


def _refuse_strangers(target: Path) -> None:
    if target.is_dir() and (not any(target.iterdir()) or (target / MANIFEST).is_file()):
        return
    if target.exists():
        raise InputError(
            f"{target}: holds something that is not a riskindex result, and it would be replaced. "
            "Name an empty or new folder."
        )
