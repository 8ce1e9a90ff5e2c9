"""A folder that is written whole or not at all, by one run at a time."""

import errno
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, NamedTuple

from riskindex.errors import InputError, RiskindexError

if TYPE_CHECKING:
    from filelock import FileLock

MANIFEST = "manifest.json"
STOPS = [s for s in signal.Signals if s.name in ("SIGINT", "SIGTERM", "SIGHUP")]
"""Requests to end, as far as this system has them: each ends a run in good order."""

_SUFFIX, _LOCK = ".riskindex", "run.lock"
_PARTS = _SCRATCH, _NEW, _OLD = "scratch", "new", "old"


class HeldFolder(NamedTuple):
    """A result folder that no other run may touch, while the block of `held` lasts."""

    target: Path
    """The folder itself, where a link leads to it."""
    private: Path
    """A folder for temporary files, inside the hidden one (mode 0700) beside the target."""


def home_of(target: Path) -> Path:
    """The hidden folder beside a result folder that has all that a run has not finished.

    It is there while a run lasts, and after a kill until the next command; only its owner can
    read it. `scratch` holds temporary files, `new` the result that is being written, `old` the
    result before it while the two change places.
    """
    # Beside the real folder: a rename across disks is a copy, which can be torn.
    real = Path(os.path.realpath(target))
    return real.with_name(f".{real.name}{_SUFFIX}")


def unfinished(target: Path) -> tuple[Path, Path]:
    """Where a run writes before the result is whole, and where the result before it waits."""
    return home_of(target) / _NEW, home_of(target) / _OLD


@contextmanager
def held(target: Path) -> Iterator[HeldFolder]:
    """Hold a result folder from the start of a run to its end.

    Parameters
    ----------
    target
        The result folder; it may exist if it holds an earlier result or nothing.

    Yields
    ------
    Held
        Its private folder is removed at the end; after a kill, by the next command.

    Raises
    ------
    InputError
        Another run holds the folder, it holds something else, or it cannot be written.
    """
    target = _resolved(target)
    # Before the run and not after an hour of it.
    _check_rights(target)
    clear_abandoned(target.parent)
    with _told_where_full(target), _owned(home_of(target), patience=_PATIENCE) as scratch:
        _refuse_strangers(target)
        with _told_if_removed(scratch, target):
            yield HeldFolder(target, scratch)


@contextmanager
def written_whole(target: Path | HeldFolder) -> Iterator[Path]:
    """Give a hidden folder that takes the place of `target` when the block ends well.

    The manifest is written last inside the block. The old result is moved aside, the new one
    renamed, the old one removed; a run that is killed leaves the old result or the new one, and
    the next command tidies up.

    Parameters
    ----------
    target
        The result folder, which is held meanwhile, or one that is held already.

    Raises
    ------
    InputError
        As `held` says; or the folder above was removed meanwhile.
    """
    if not isinstance(target, HeldFolder):
        with held(target) as hold, written_whole(hold) as new:
            yield new
        return
    target = target.target
    new, old = unfinished(target)
    # A hidden folder in the same parent, so that the last step is a rename, which is there or is
    # not: nobody sees half a result.
    new.mkdir()
    try:
        with _told_if_removed(new, target):
            yield new
            # Looked at again: somebody may have put files there while the run went on.
            _refuse_strangers(target)
            with _undisturbed():
                # Two renames and no copy; between them the old result waits as `old`, which the
                # next command gives back if the run is killed here.
                if target.exists():
                    target.rename(old)
                new.rename(target)
    finally:
        with _undisturbed(), suppress(OSError):
            _clear(home_of(target), _NEW, _OLD)


@contextmanager
def private_folder(parent: Path) -> Iterator[Path]:
    """A folder that only this user can read, removed at the end; after a kill, by the next command.

    Parameters
    ----------
    parent
        Where it is made.
    """
    with _owned(Path(mkdtemp(prefix=".check-", suffix=_SUFFIX, dir=parent))) as scratch:
        yield scratch


def clear_abandoned(parent: Path) -> None:
    """Remove what killed runs left in a folder, and give back a result that they had moved aside.

    Parameters
    ----------
    parent
        Any folder; what a living run holds, and what is somebody else's, stays.
    """
    homes: list[Path] = []
    with suppress(OSError, ValueError):
        homes = sorted(parent.glob(f".*{_SUFFIX}"))
    # Whoever holds the lock is alive: a lock of the system dies with its process, unlike a file
    # that only says so.
    for home in homes:
        with suppress(OSError, InputError):
            if not _is_ours(home):
                continue
            if (home / _LOCK).exists():
                with _owned(home):
                    pass
            else:
                home.rmdir()  # killed before it locked anything; a living run makes it again


@contextmanager
def _owned(home: Path, *, patience: float = 0.0) -> Iterator[Path]:
    """Hold a hidden folder, cleared before and removed after; gives its private folder."""
    lock, scratch = _acquire(home, patience), home / _SCRATCH
    try:
        with _undisturbed():
            _clear(home, *_PARTS)
        scratch.mkdir()
        (scratch / _PROCESS).write_text(str(os.getpid()))  # Windows lets nobody write into a lock
        yield scratch
    finally:
        with _undisturbed():
            with suppress(OSError):
                _clear(home, *_PARTS)
            _release(home, lock)


_PROCESS = "process"


def _acquire(home: Path, patience: float) -> "FileLock":
    from filelock import FileLock, Timeout

    target, lock = _target_of(home), FileLock(home / _LOCK)
    try:
        while not lock.is_locked:
            with suppress(FileExistsError):
                home.mkdir(mode=0o700)
            try:
                if not _is_ours(home):
                    raise PermissionError(errno.EACCES, f"{home.name} is somebody else's")
                lock.acquire(timeout=patience)
            except FileNotFoundError:  # another command has just removed the folder
                pass
            except FileExistsError:
                # The lock makes the folder, too, and it was removed while it did; a file of that
                # name stays, and is told.
                if home.exists() and not home.is_dir():
                    raise
    except Timeout:
        raise InputError(
            f"{target}: another run{_holder(home)} is writing here. Wait for it, or name another "
            "folder."
        ) from None
    except OSError as error:
        if error.errno in _FULL:
            raise
        raise InputError(
            f"{target.parent}: may not be written ({error.strerror}); name another folder."
        ) from None
    return lock


_PATIENCE = 1.0  # Seconds: a command that clears what was abandoned holds it no longer.


def _release(home: Path, lock: "FileLock") -> None:
    # The lock goes last: where something could not be removed, the next command finds both.
    # It is unlinked while held: after the release it could be the next run's. Windows allows only
    # the other order, and there refuses to unlink what another run has opened.
    removals: list[Callable[[], object]] = [(home / _LOCK).unlink, home.rmdir]
    if any((home / part).exists() for part in _PARTS):
        removals = []
    for step in (lock.release, *removals) if os.name == "nt" else (*removals, lock.release):
        with suppress(OSError):
            step()


def _clear(home: Path, *parts: str) -> None:
    """Give back a result that has lost its name, then remove parts of a folder that we hold."""
    old, target = home / _OLD, _target_of(home)
    # Killed between the two renames: the result is whole, and only its name is missing.
    if old.exists() and not target.exists():
        old.rename(target)
    for part in parts:
        shutil.rmtree(home / part, ignore_errors=True)


def _target_of(home: Path) -> Path:
    return home.with_name(home.name.removeprefix(".").removesuffix(_SUFFIX))


def _is_ours(home: Path) -> bool:
    """Whether we made it, or the owner of the folder around it, and nobody as a trap for us."""
    owner = home.lstat().st_uid  # 0 for everything under Windows
    return not home.is_symlink() and (owner == home.parent.stat().st_uid or owner == os.getuid())


@contextmanager
def _told_if_removed(folder: Path, target: Path) -> Iterator[None]:
    try:
        yield
    except Exception:
        if folder.exists():
            raise
        raise InputError(
            f"{target}: {folder.parent.name} or the folder above it was removed while the run "
            "worked in it. Run again, or name a folder that nobody tidies up."
        ) from None


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Heed no Ctrl-C and no request to end while names are changed and what is left is removed."""
    # Python lets only the main thread set what a signal does.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {sign: signal.signal(sign, signal.SIG_IGN) for sign in STOPS}
    try:
        yield
    finally:
        for sign, handler in before.items():
            if handler is not None:  # one that Python did not set cannot be set again
                signal.signal(sign, handler)


def _resolved(target: Path) -> Path:
    """The folder itself where a link leads to it: what is renamed must not be the link."""
    try:
        real, here = Path(os.path.realpath(target)), Path.cwd()
        long = len(os.fsencode(real.name)) > _LONGEST_NAME
    except (OSError, ValueError) as error:
        raise InputError(f"{target}: cannot be found ({error}); name another folder.") from None
    # Renamed away, it would leave the terminal in a folder that is no more.
    if real == here or real in here.parents:
        raise InputError(
            f"{real}: is the folder you are in, or holds it, and would be replaced. "
            "Name a folder below it."
        )
    if long:
        raise InputError(f"{target}: the name is too long for a folder; choose a shorter one.")
    return real


_LONGEST_NAME = 255 - len(f".{_SUFFIX}")
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
            is_full = any(getattr(part, "errno", None) in _FULL for part in (error, *error.args))
            if is_full or shutil.disk_usage(target.parent).free < _NO_ROOM:
                raise InputError(
                    f"{target}: the disk is full, so that nothing was written. Make room, or name "
                    "a folder on another disk."
                ) from None
        raise


def _check_rights(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{target.parent}: cannot be made ({error.strerror}).") from None
    for folder in (target.parent, target):  # a folder that may not be written cannot be moved
        if folder.exists() and not os.access(folder, os.W_OK):
            raise InputError(f"{folder}: may not be written; name another folder.")


def _holder(home: Path) -> str:
    with suppress(OSError):
        if text := (home / _SCRATCH / _PROCESS).read_text().strip():
            return f" (process {text})"
    return ""


def _refuse_strangers(target: Path) -> None:
    # A manifest is the sign of a result; anything else there may be somebody's only copy.
    if target.is_dir() and (not any(target.iterdir()) or (target / MANIFEST).is_file()):
        return
    if target.exists():
        raise InputError(
            f"{target}: holds something that is not a riskindex result, and it would be replaced. "
            "Name an empty or new folder."
        )
