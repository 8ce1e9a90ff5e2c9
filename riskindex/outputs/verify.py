"""Is a result folder whole: every file there, as it was written, and nothing beside."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path
from typing import Any, get_args

from riskindex.config import Profile
from riskindex.errors import InputError
from riskindex.files.whole_folder import MANIFEST, unfinished
from riskindex.outputs.manifest import CODE, changed_since, code_of
from riskindex.outputs.pages import PROFILE_MARKS, escape
from riskindex.publication.key import key_in, signing_key

KINDS: Mapping[str, tuple[str, ...]] = {
    "backtest": ("backtest.html", "backtest.csv", "backtest_areas.csv"),
    "comparison": ("compare.html", "compare.csv", "compare_factors.csv"),
    "run": (
        "map.html",
        "top_areas.csv",
        "all_areas.csv",
        "workbook.xlsx",
        "areas.gpkg",
        "report.html",
        "map.png",
        "governance.html",
        "profiles/index.html",
    ),
}
"""Kind of result to the files that each has under every profile; the first page names the kind."""
_ALWAYS = ("title", "profile", "versions", "outputs")


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What a result folder is, and what is wrong with it."""

    kind: str
    """run, backtest or comparison."""
    title: str
    """Title of the result."""
    profile: str
    """Release profile, as the manifest has it."""
    files: int
    """How many files the manifest names."""
    faults: tuple[str, ...]
    """Sentences that name a file and what is wrong with it; none where the folder is whole."""
    notes: tuple[str, ...]
    """What an earlier run that was killed left beside the folder."""
    origin: str
    """Whether a key shows who wrote it, in a sentence."""


def verify(folder: str | Path, *, key: str | Path | None = None) -> Verified:
    """Compare a result folder with its manifest.

    Parameters
    ----------
    folder
        A folder that `run`, `backtest` or `compare` wrote.
    key
        The file of a release key, to check who wrote the folder; without it, only whether it is
        whole.

    Returns
    -------
    Verified
        Faults: files that are gone, changed, or not of the result; a manifest without a profile
        or without the files that its kind of result has; a page that does not carry the mark of
        the profile.

    Raises
    ------
    InputError
        There is no such folder, or it has no manifest that can be read. Where a run was killed
        while it changed names, the message says where the whole result lies.
    """
    folder = Path(folder)
    manifest = _manifest(folder)
    kind = _kind(str(output["name"]) for output in manifest["outputs"])
    return Verified(
        kind=kind,
        title=str(manifest["title"]),
        profile=str(manifest["profile"]),
        files=len(manifest["outputs"]),
        faults=(*_faults(folder, manifest, kind), *_forged(manifest, key)),
        notes=tuple(_left_by_a_kill(folder)),
        origin=_origin(manifest, key),
    )


def _forged(manifest: Mapping[str, Any], key: str | Path | None) -> Iterator[str]:
    if key is None:
        return
    if CODE not in manifest:
        yield f"{MANIFEST}: has no code to check with a key: it was written without a release key."
    # In constant time, so that how long the answer takes tells nothing of the right code.
    elif not compare_digest(str(manifest[CODE]), code_of(manifest, signing_key(key_in(key)))):
        yield f"{MANIFEST}: its code is not of this release key, or it was changed."


def _origin(manifest: Mapping[str, Any], key: str | Path | None) -> str:
    if key is not None:
        return "Its code is that of the release key: who wrote it had the key."
    how = " Name the file of the release key with --key." if CODE in manifest else ""
    return f"This shows that it is whole, not who wrote it.{how}"


def _manifest(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise InputError(f"{folder}: is not there.{_where_it_lies(folder)}")
    if not (folder / MANIFEST).is_file():
        raise InputError(
            f"{folder}: has no {MANIFEST}, which is written last: it is no whole result."
            f"{_where_it_lies(folder)}"
        )
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder / MANIFEST}: cannot be read ({error}).") from None
    # Before anything is compared: any JSON may lie under this name.
    if not _has_form(manifest):
        raise InputError(
            f"{folder / MANIFEST}: is not as riskindex wrote it: it needs {', '.join(_ALWAYS)}, "
            "and the name, bytes and sha256 of every output."
        )
    return dict(manifest)


def _has_form(manifest: object) -> bool:
    if not isinstance(manifest, dict) or not set(_ALWAYS) <= set(manifest):
        return False
    # A manifest edited by hand may hold anything, and each key below is read without a check.
    outputs = manifest["outputs"]
    return isinstance(outputs, list) and all(
        isinstance(o, dict) and {"name", "bytes", "sha256"} <= set(o) for o in outputs
    )


def _where_it_lies(folder: Path) -> str:
    new, old = unfinished(folder)
    # os.path: a folder that may not be looked into counts as not there, and raises nothing.
    if os.path.exists(old / MANIFEST):
        return f" The earlier result lies in {old}, whole: the next command here gives it back."
    if os.path.exists(new):
        return f" A run is at work, or was stopped before its result was whole: see {new}."
    return " Name a folder that riskindex wrote."


def _kind(names: Iterable[str]) -> str:
    # By the first page of each kind; a folder without any is held against the list of a run.
    there = set(names)
    return next((kind for kind, (page, *_) in KINDS.items() if page in there), "run")


def _faults(folder: Path, manifest: Mapping[str, Any], kind: str) -> Iterator[str]:
    names = {str(output["name"]) for output in manifest["outputs"]}
    # Gone and changed are told apart: one is a lost file, the other may be tampering.
    for name in changed_since(manifest, folder):
        there = (folder / name).is_file()
        yield f"{name}: {'is not as it was written' if there else 'is gone'}."
    for name in sorted(_strangers(folder, names)):
        yield f"{name}: is not of this result; the manifest does not name it."
    # A manifest from which a file and its line were both taken out agrees with its folder.
    for name in sorted(set(KINDS[kind]) - names):
        yield f"{name}: is not in the manifest, and every {kind} has it."
    yield from _profile_faults(folder, str(manifest["profile"]), sorted(names))


def _strangers(folder: Path, names: set[str]) -> Iterator[str]:
    expected = names | {MANIFEST}
    # Folders are in no manifest; those that hold an expected file belong there.
    holders = {parent.as_posix() for name in expected for parent in Path(name).parents}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        plain_folder = path.is_dir() and not path.is_symlink()
        # A link may show another file tomorrow, so it is never part of a whole result.
        if path.is_symlink() or name not in (holders if plain_folder else expected):
            yield name


def _profile_faults(folder: Path, profile: str, names: Iterable[str]) -> Iterator[str]:
    if profile not in get_args(Profile):
        profiles = ", ".join(get_args(Profile))
        yield f"{MANIFEST}: the profile is {profile!r}; it is one of {profiles}."
        return
    # The page is what people pass on, and its mark is what they see: it must say the same as the
    # manifest.
    mark = escape(PROFILE_MARKS[profile])
    for name in names:
        page = folder / name
        if page.suffix == ".html" and page.is_file():
            # A page in another encoding is a fault to report, and must not stop the check.
            text = page.read_text(encoding="utf-8", errors="replace")
            if f'class="mark mark-{profile}">{mark}<' not in text:
                yield f"{name}: does not carry the mark of the profile {profile}."


def _left_by_a_kill(folder: Path) -> Iterator[str]:
    new, old = unfinished(folder)
    if os.path.exists(old):  # also where another user's run is at work, whose folder is private
        yield f"This is the new result; the one before it lies in {old} until the next command."
    if os.path.exists(new):
        yield (
            "This is the result before the last run: that one is at work, or was stopped; "
            f"what it left is in {new}."
        )
