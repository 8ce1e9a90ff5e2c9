"""What the files of a release themselves say about its areas, groups, factors and rules."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from riskindex.choices import nearby
from riskindex.disclosure import Rules, rank_band
from riskindex.errors import InputError
from riskindex.folder import MANIFEST
from riskindex.forms import Known
from riskindex.outsider import Seen, as_number
from riskindex.words import bare


def know(seen: Seen, rules: Rules | None = None) -> Known:
    """What the files themselves say about the areas, groups and factors of a release.

    Parameters
    ----------
    seen
        The files.
    rules
        Of the profile; those that the notes of the release name where they are left out.

    Raises
    ------
    InputError
        There is no manifest, or no table of all areas.
    """
    manifest = next((d.value for d in seen.documents if d.file == MANIFEST), None)
    table = next((t for t in seen.tables if t.file == "all_areas.csv"), None)
    if not isinstance(manifest, dict) or table is None or "area_code" not in table.columns:
        raise InputError(
            f"no {MANIFEST} or all_areas.csv that can be read: name a folder that riskindex run "
            "wrote under the profile partner or public."
        )
    frame = pd.DataFrame(table.rows, columns=list(table.columns)).astype(str)
    frame = frame.loc[:, ~frame.columns.duplicated()].map(bare).set_index("area_code")
    columns = list(frame.columns)
    last = columns.index("decile") if "decile" in columns else 1
    kinds = tuple(columns[1:last]) if columns[:1] == ["name"] else ()
    factors = manifest.get("config", {}).get("factors", [])
    rules = rules or _rules(manifest)
    return Known(
        profile=str(manifest.get("profile")),
        codes=tuple(frame.index),
        names=frame["name"].to_dict() if "name" in frame else dict.fromkeys(frame.index, ""),
        groups={kind: frame[kind].to_dict() for kind in kinds},
        factors={str(f.get("name")): str(f.get("label")) for f in factors},
        periods=_periods(manifest),
        kinds=kinds,
        texts=frozenset(_sentences(manifest)),
        explained=frozenset(_explained(manifest, frame, kinds, rules)),
        rules=rules,
        bands=frozenset(_bands(manifest)),
        own=tuple(_own_words(manifest)),
    )


def _rules(manifest: dict[str, Any]) -> Rules:
    """The rules in the sentences that `Rules.sentences` makes; the usual ones without them."""
    notes = " ".join(map(str, manifest.get("notes", [])))
    found = {name: re.search(pattern, notes) for name, pattern in _RULES.items()}
    rules = {name: int(as_number(match[1])) for name, match in found.items() if match}
    usual = Rules()
    return replace(
        usual,
        threshold=rules.get("largest_withheld", usual.threshold - 1) + 1,
        rounding=rules.get("rounding", usual.rounding),
        smallest_denominator=rules.get("smallest_denominator", usual.smallest_denominator),
    )


_RULES = {
    "largest_withheld": r"Counts of 1 to ([\d,]+) are withheld",
    "rounding": r"rounded to the nearest ([\d,]+),",
    "smallest_denominator": r"Numbers of people below ([\d,]+) are withheld",
}


def _own_words(manifest: dict[str, Any]) -> Iterator[str]:
    """What the config words freely; who has the truth knows whether it is the config's."""
    config = manifest.get("config", {})
    given = (manifest.get("title"), *(config.get(k) for k in ("title", "place", "about")))
    yield from (str(words) for words in (*given, *manifest.get("attribution", [])) if words)


def _bands(manifest: dict[str, Any]) -> Iterator[str]:
    """Bands of ranks: what `rank_band` makes of so many assessed areas and such a target."""
    selection = manifest.get("selection", {})
    assessed, target = (selection.get(name, 0) for name in ("assessed", "target"))
    if isinstance(assessed, int) and isinstance(target, int):
        yield from rank_band(pd.Series(range(1, assessed + 1)), target)


def _periods(manifest: dict[str, Any]) -> tuple[str, ...]:
    told = [str(test.get("period")) for test in manifest.get("tests", [])]
    span = re.findall(r"\d{4}(?:[-/]\d{2})?(?: Q[1-4])?", str(manifest.get("data_period", "")))
    years = range(int(span[0][:4]), int(span[-1][:4]) + 1) if span else ()
    whole = [str(year) for year in years] if all(len(s) == 4 for s in span) else span
    return tuple(dict.fromkeys(part for part in (*told, *whole) if part))


def _sentences(manifest: dict[str, Any]) -> Iterator[str]:
    for key in ("notes", "limits", "attribution"):
        yield from map(str, manifest.get(key, []))


def _explained(
    manifest: dict[str, Any], areas: pd.DataFrame, kinds: Iterable[str], rules: Rules
) -> Iterator[float]:
    """Numbers that the release gives on purpose: of areas, levels and rules."""
    yield from (0, 1, 100, 90, 95, 99, rules.threshold, rules.threshold - 1, rules.rounding,
                rules.smallest_denominator, len(areas), len(manifest.get("tests", [])))  # fmt: skip
    for part in (manifest.get("selection", {}), *manifest.get("tests", [])):
        yield from (float(v) for v in part.values() if isinstance(v, int | float))
    yield float(manifest.get("tied_by_flags_alone") or 0)
    cut = manifest.get("selection", {})
    if {"target", "above_cut"} <= cut.keys():
        yield float(cut["target"] - cut["above_cut"])  # places for the areas that tie at the cut
    chosen = manifest.get("config", {}).get("selection", {})
    yield from (float(v) for v in chosen.values() if isinstance(v, int | float))
    share = chosen.get("share")
    if isinstance(share, int | float):
        yield from (float(f"{share * 100:g}"), round(share * cut.get("assessed", 0), 10))
    for factor in manifest.get("config", {}).get("factors", []):
        yield from (float(v) for v in factor.values() if isinstance(v, int | float))
        tried = nearby(factor.get("threshold") or 0.0)
        yield from (float(f"{100 * limit:.3g}") for limit in tried)
    for kind in kinds:
        yield from map(float, areas[kind].value_counts())
        yield float(areas[kind].nunique())
