"""A result folder read again: what was asked, which data, the scores and the list."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from riskindex.config import Config, parse_config
from riskindex.errors import DisclosureError, InputError
from riskindex.files.whole_folder import MANIFEST
from riskindex.outputs.manifest import changed_since, versions
from riskindex.publication.released import Released


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a result folder says about its list."""

    name: str
    """Name of the folder."""
    profile: str
    """Release profile."""
    config: Config
    """What was asked."""
    version: str
    """Of riskindex."""
    files: Mapping[str, frozenset[str]]
    """Role of an input to the hashes of its files."""
    scores: pd.DataFrame
    """Index (factor, area_code), as `score_factors` returns it, as far as it was written."""
    areas: pd.DataFrame
    """Index area_code: name, groups, score, rank, selected."""
    changed: tuple[str, ...]
    """Files that are not as they were written."""
    folder: Path | None = None
    """Where it was read from; None where it is not written yet."""


def refuse_to_replace(target: Path, profile: str) -> None:
    """Keep an internal result from being replaced by one that is for others.

    It would be lost without a word, and who shares the folder may share what is left of it in
    copies and versions. A manifest that does not say who the result is for counts as internal.

    Parameters
    ----------
    target
        The result folder; it may be missing or empty.
    profile
        Whom the new result is for.

    Raises
    ------
    DisclosureError
        The folder holds an internal result, and the new one is not internal.
    """
    if profile == "internal" or not (target / MANIFEST).is_file():
        return
    # What cannot be read counts as internal: the mistake that loses nothing.
    before = None
    with suppress(OSError, ValueError, AttributeError):
        before = json.loads((target / MANIFEST).read_text(encoding="utf-8")).get("profile")
    if before not in ("partner", "public"):
        raise DisclosureError(
            f"{target}: holds an internal result, which one for the profile {profile} would "
            "replace. Name another folder, or give --replace (in Python: replace=True) if the "
            "internal result may go."
        )


def read_run(folder: str | Path) -> Run:
    """Read what a result folder says about its list.

    Parameters
    ----------
    folder
        A folder that `save` wrote.

    Raises
    ------
    InputError
        A file is missing or is not what `save` writes.
    """
    folder = Path(folder)
    # Asked for first: a missing file says that the result is not internal or is old, which a failed
    # read would not.
    for name in (MANIFEST, "scores.csv", "all_areas.csv"):
        if not (folder / name).is_file():
            raise InputError(
                f"{folder}: has no {name}. Name a result folder of riskindex run under the profile "
                "internal; results of older versions have no scores.csv: run them again."
            )
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return Run(
            name=folder.resolve().name,
            profile=manifest["profile"],
            config=_config_of(manifest["config"], f"{folder.name}/{MANIFEST}"),
            version=manifest["versions"]["riskindex"],
            files=_files(manifest["inputs"]),
            scores=_read_scores(folder / "scores.csv"),
            areas=_read(folder / "all_areas.csv").set_index("area_code"),
            # A file edited after the run is compared all the same, and the reader is told.
            changed=changed_since(manifest, folder),
            folder=folder,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder}: is not as riskindex wrote it ({error}).") from None


def run_of(released: Released, *, name: str) -> Run:
    """What a release says about its list, as `read_run` would read it once it is written.

    Parameters
    ----------
    released
        What one profile may see.
    name
        What it is called beside another run.
    """
    # The same types as a manifest that is read: tuples become lists, numbers what JSON has.
    config = json.loads(json.dumps(released.config))
    # As a CSV gives them back: empty, and not missing.
    texts = released.scores[["group", "reason"]].astype(object).fillna("")
    return Run(
        name=name,
        profile=released.profile,
        config=_config_of(config, name),
        version=versions()["riskindex"],
        files=_files(released.files.to_dict("records")),
        scores=released.scores.assign(**{column: texts[column] for column in texts}),
        areas=released.all_areas,
        changed=(),
    )


def _config_of(config: dict[str, Any], name: str) -> Config:
    """A config that was written out: all its choices stand in it, the unused share as well."""
    chosen = dict(config.get("selection", {}))
    if {"number", "at_least"} & set(chosen):
        # A manifest has every default; share and number together would be refused as two rules.
        chosen.pop("share", None)
    return parse_config({**config, "selection": chosen}, name=name)


def _read(path: Path) -> pd.DataFrame:
    """A table as it was written; readers of floats differ in the last digit, float() does not."""
    columns = pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns
    exact = [column for column in columns if column in _NUMBERS]
    texts = dict.fromkeys(["area_code", "factor", *exact], str)
    # Read in parts, a column that is empty in the first and text in the next has two types.
    table = pd.read_csv(path, dtype=texts, encoding="utf-8-sig", low_memory=False)
    return table.assign(**{column: table[column].map(float) for column in exact})


_NUMBERS = ("value", "score", "intensity", "weight", "contribution", "companion")


def _read_scores(path: Path) -> pd.DataFrame:
    table = _read(path).set_index(["factor", "area_code"])
    # An empty text comes back from a CSV as missing, which would differ from a run in memory.
    texts = table[["group", "reason"]].astype(object).fillna("")
    return table.assign(**{c: texts[c] for c in texts}, is_hot=table["is_hot"].astype(bool))


def _files(inputs: Sequence[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    # A role may have several files, such as one a month; their order does not matter.
    roles = {str(entry["role"]) for entry in inputs}
    return {
        role: frozenset(str(entry["sha256"]) for entry in inputs if entry["role"] == role)
        for role in sorted(roles)
    }
