"""A folder that is written whole or not at all, by one run at a time."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from riskindex.errors import InputError

MANIFEST = "manifest.json"


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """Give a hidden folder that takes the place of `target` when the block ends well.

    The manifest is written last inside the block. The old result is moved aside, the new one
    renamed, the old one removed; a run that is killed leaves the old result or the new one, and
    the next run tidies up.

    Parameters
    ----------
    target
        The result folder; it may exist if it holds an earlier result or nothing.

    Raises
    ------
    InputError
        Another run holds the folder, it holds something else, or it cannot be written.
    """
    target = Path(os.path.abspath(target))
    _check_parent(target)
    with _locked(target):
        restore(target)
        _refuse_strangers(target)
        staging, old = _siblings(target)
        staging.mkdir()
        try:
            yield staging
            if target.exists():
                target.rename(old)
            staging.rename(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            restore(target)


def restore(target: Path) -> None:
    """Bring a folder back to one whole result after a run was killed while it changed names."""
    staging, old = _siblings(target)
    shutil.rmtree(staging, ignore_errors=True)
    if old.exists() and not target.exists():
        old.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _siblings(target: Path) -> tuple[Path, Path]:
    return target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.old")


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
    try:
        path.write_text(str(os.getpid()))
        yield
    finally:
        # Unlinked while held: after the release it could be the next run's. Windows allows only
        # the other order, and there refuses to unlink what another run has opened.
        steps = (lock.release, path.unlink) if os.name == "nt" else (path.unlink, lock.release)
        for step in steps:
            with suppress(OSError):
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
