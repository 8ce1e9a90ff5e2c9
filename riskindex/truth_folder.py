"""What an attack is measured against, from the folder of the internal result of the same run."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.atoms import Rule
from riskindex.errors import InputError
from riskindex.flags import KnownTests, remake_tests
from riskindex.outsider import Seen, read_folder
from riskindex.truth import SECRET_INDEX, Truth, canaries_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from riskindex.config import Config

Key = tuple[str, str]


def truth_in(folder: str | Path) -> Truth:
    """The counts in the internal result of the same run.

    Parameters
    ----------
    folder
        A folder that `run` wrote under the profile internal. It has the counts and tests of the
        last period of each factor that does not weight its events; the others are `missing`.

    Raises
    ------
    InputError
        It is no such folder.
    """
    seen = read_folder(Path(folder))
    found = {f"{d.file} {d.place}".strip(): d.value for d in seen.documents}
    manifest, data = found.get("manifest.json"), found.get("map.html map-data")
    if not manifest or not data or manifest.get("profile") != "internal":
        raise InputError(f"{folder}: is no result of riskindex run under the profile internal.")
    codes = pd.Index([str(code) for code in data["codes"]], name="area_code")
    counts = _counts_in(data, codes).sort_index()
    groups = {
        kind: pd.Series([of["labels"][k] for k in of["of"]], index=codes).sort_index()
        for kind, of in data["groups"].items()
    }
    missing = dict(_missing(data))
    weighted = {
        f"weighted count of {' '.join(key)}": counts[key] for key in missing if key in counts
    }
    counts = counts.drop(columns=[key for key in missing if key in counts])
    return Truth(
        counts=counts,
        tests=_tests_in(Path(folder), manifest, counts),
        missing=missing,
        is_released="places_seal" not in manifest,
        sensitive=frozenset(_sensitive_in(manifest)),
        secrets=dict(_secrets_in(seen, codes)) | weighted,
        groups=groups,
        around=frozenset(_around(groups, manifest)),
        names=dict(zip(codes, data["columns"]["name"], strict=True)),
        residents=pd.Series(data["columns"]["residents"], index=codes, dtype=float).sort_index()
        if "residents" in data["columns"] else None,
        labels={factor["name"]: factor["label"] for factor in data["factors"]},
        totals=_totals_in(manifest),
        texts=frozenset(map(str, [*(manifest["config"].get(k) for k in ("title", "place", "about")),
                                  *manifest["attribution"]])),
        rules=dict(_rules_in(manifest)),
        unit=manifest["config"]["periods"]["unit"],
        canaries=canaries_of(pd.DataFrame(manifest["inputs"])),
    )  # fmt: skip


def _counts_in(data: Mapping[str, Any], codes: "pd.Index[Any]") -> pd.DataFrame:
    columns = {
        (str(factor["name"]), str(part["period"])): part["observed"]
        for factor in data["factors"]
        for part in factor["periods"]
        if part["period"] and "observed" in part
    }
    return pd.DataFrame(columns, index=codes, dtype=float)


def _missing(data: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    for factor in data["factors"]:
        told = {str(p["period"]) for p in factor["periods"] if "observed" in p}
        for span in map(str, factor.get("spans", [])):
            if factor.get("weighted"):
                yield (str(factor["name"]), span), "its events are weighted"
            elif span not in told:
                yield (str(factor["name"]), span), "only the last period has counts"


class _Made(NamedTuple):
    """A result as far as its tests are made again from it."""

    config: "Config"
    counts: pd.DataFrame
    hotspots: pd.DataFrame
    tests: pd.DataFrame
    weights: "csr_array[Any]"


def _tests_in(
    folder: Path, manifest: Mapping[str, Any], counts: pd.DataFrame
) -> dict[Key, KnownTests]:
    """The tests of the last periods, made again from the layer of areas and the manifest."""
    import geopandas as gpd

    from riskindex.config import Config
    from riskindex.neighbours import build_weights

    if not (folder / "areas.gpkg").exists():
        return {}
    config = Config.model_validate(manifest["config"])
    areas = gpd.read_file(folder / "areas.gpkg", layer="areas").set_index("area_code").sort_index()
    factors = [f for f in config.factors if f.name in counts and f.is_tested]
    asked = [replace(f, periods=[f.periods[-1]]) for f in factors]
    spans = {f.name: str(f.periods[-1]) for f in asked}
    parts = {(name, span): _hotspots(areas, name) for name, span in spans.items()}
    if not parts:
        return {}
    known = pd.DataFrame(manifest["tests"]).set_index(["factor", "period"])
    events = counts[list(parts)]
    events.columns = pd.MultiIndex.from_tuples([(f, "all", p) for f, p in parts],
                                               names=["factor", "group", "period"])  # fmt: skip
    hotspots = pd.concat(parts, names=list(known.index.names))
    weights = build_weights(areas, config.neighbours)
    chosen = config.model_copy(update={"factors": asked})
    return remake_tests(_Made(chosen, events, hotspots, known, weights))


def _hotspots(areas: pd.DataFrame, factor: str) -> pd.DataFrame:
    """The table of the tests of one factor; p is only known to be there."""
    names = ("observed", "expected", "confidence", "is_hot")
    table = pd.DataFrame({name: areas.get(f"{factor}_{name}", np.nan) for name in names})
    return table.astype(float).assign(p=table["confidence"].astype(float) * 0)


def _around(groups: Mapping[str, "pd.Series[Any]"], manifest: Mapping[str, Any]) -> Iterator[str]:
    """Areas that are not in all the groups that the config is about."""
    for kind, named in manifest["config"]["areas"].get("within", {}).items():
        of = groups[kind]
        yield from of.index[~of.isin(list(named))]


def _sensitive_in(manifest: Mapping[str, Any]) -> Iterator[str]:
    sources = manifest["config"]["sources"]
    for factor in manifest["config"]["factors"]:
        named = [group["source"] for group in factor.get("event_groups", [])]
        named.append(factor.get("source", ""))
        if any(sources.get(name, {}).get("sensitive") for name in named):
            yield str(factor["name"])


def _rules_in(manifest: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Rule, ...]]]:
    for factor in manifest["config"]["factors"]:
        groups = factor.get("event_groups") or ([factor] if "source" in factor else [])
        yield str(factor["name"]), tuple((str(g["source"]), g.get("where", {})) for g in groups)


def _secrets_in(seen: Seen, codes: "pd.Index[Any]") -> Iterator[tuple[str, "pd.Series[Any]"]]:
    table = next(t for t in seen.tables if t.file == "all_areas.csv")
    frame = pd.DataFrame(table.rows, columns=list(table.columns)).set_index("area_code")
    for name in SECRET_INDEX:
        if name in frame:
            yield name, pd.to_numeric(frame[name], errors="coerce").sort_index()
    scores = next((t for t in seen.tables if t.file == "scores.csv"), None)
    if scores is not None:
        values = pd.DataFrame(scores.rows, columns=list(scores.columns))
        for factor, part in values.groupby("factor"):
            value = pd.to_numeric(part.set_index("area_code")["value"], errors="coerce")
            yield f"value of {factor}", value.reindex(codes).sort_index()


def _totals_in(manifest: Mapping[str, Any]) -> dict[str, float]:
    lines = manifest["reconciliation"]
    return {
        f"{key} of {line['source']} {line['factor']}".strip(): float(value)
        for line in lines
        for key, value in line.items()
        if isinstance(value, int | float)
    }
