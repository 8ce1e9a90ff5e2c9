"""Two results side by side: which areas entered the list, which left it, and why."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.prepare import columns_of
from riskindex.config import Config
from riskindex.errors import DisclosureError, InputError, RiskindexError
from riskindex.factors import Factor
from riskindex.index.build import Index, build_index
from riskindex.index.selection import Selected, Selection, select_top
from riskindex.outputs.read_result import Run, read_run
from riskindex.publication.profiles import check_profile


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two lists side by side."""

    a: Run
    b: Run
    movers: pd.DataFrame
    """One row per area on one list alone, index area_code: name, groups, `change` (entered, left),
    `cause` (a key of `CAUSES`), `why` in words, `points` (of the index, by the factors that moved
    its score most), `rank_a`, `rank_b`, `score_a`, `score_b`."""
    parts: pd.DataFrame
    """The scores of the movers taken apart, index (area_code, factor): value, score, weight and
    contribution in each run, and `difference` of the contributions."""
    steps: pd.DataFrame
    """Index cause: `selected`, `entered` and `left` when A is turned into B cause by cause."""
    stays: int
    """Areas on both lists."""
    differences: tuple[str, ...]
    """What the runs were asked differently, and which inputs differ."""
    notes: tuple[str, ...]
    """What a reader should know."""


CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "data": "other data or another period, the same definition",
        "version": "another version of riskindex",
        "definition": "another definition of a factor, or a factor that came or went",
        "weight": "other weights, or another way from scores to the index",
        "selection": "another rule of selection, or a hand",
        "tie": "a tie at the cut that fell otherwise",
    }
)
"""Why an area moved, in the order in which run A is turned into run B; a tie is the cause where
neither the area's score nor the cut moved, and the two are the same."""


def compare_runs(folder_a: str | Path, folder_b: str | Path) -> Comparison:
    """Compare the lists of two result folders, as `compare` does.

    Parameters
    ----------
    folder_a, folder_b
        Result folders of `save`, with `manifest.json`, `scores.csv` and `all_areas.csv`.

    Raises
    ------
    InputError
        A folder is no result, or lacks the scores, or the two have no area in common.
    DisclosureError
        The runs have different profiles, or one that has no rules.
    """
    return compare(read_run(folder_a), read_run(folder_b))


def compare(a: Run, b: Run) -> Comparison:
    """Compare the lists of two runs.

    Run A is turned into run B one cause at a time: first the scores of the factors whose
    definition is the same but whose data differ, then those that differ by the version alone,
    then those defined otherwise, then weights and index, then the selection. An area moved by the
    cause at which it last changed sides. The order matters where causes work together.

    Parameters
    ----------
    a, b
        From `read_run`, or `run_of` a release.

    Raises
    ------
    InputError
        The two have no area in common.
    DisclosureError
        The runs have different profiles, or one that has no rules.
    """
    # Beside an internal run, what a release withholds or rounds would show as a difference.
    if check_profile(a.profile) != check_profile(b.profile):
        raise DisclosureError(f"{a.name} is {a.profile}, {b.name} is {b.profile}: compare like.")
    if not len(a.areas.index.intersection(b.areas.index)):
        raise InputError(f"{a.name} and {b.name} have no area in common.")
    steps = list(_steps(a, b))
    movers = _movers(a, b, steps)
    return Comparison(
        a=a,
        b=b,
        movers=movers,
        parts=_parts(a, b, movers.index),
        steps=_step_table(steps),
        stays=len(selected_areas(a).intersection(selected_areas(b))),
        differences=(*_data_lines(a, b), *_config_lines(a, b)),
        notes=tuple(_notes(a, b, steps)),
    )


# From A to B, cause by cause


class _State(NamedTuple):
    """All that a list follows from."""

    scores: pd.DataFrame
    options: Index
    selection: Selection
    groups: "pd.Series[Any] | None"


class _Step(NamedTuple):
    cause: str
    chosen: Selected


def _steps(a: Run, b: Run) -> Iterator[_Step]:
    """The list of A, then the list after each cause; the last is the list of B."""
    codes = a.areas.index.union(b.areas.index)
    scores_a, scores_b = (_over(run.scores, codes) for run in (a, b))
    state = _State(scores_a, a.config.index, a.config.selection, _groups(a, codes))
    yield _Step("", _choose(state))
    causes = {name: _cause(name, a, b) for name in _names(a, b)}
    for cause in ("data", "version", "definition"):
        # One cause at a time, each on top of the ones before, so that the steps lead from A to B
        # and leave nothing unexplained.
        mixed = _mixed(state.scores, scores_b, [n for n, c in causes.items() if c == cause])
        state = state._replace(scores=mixed)
        yield _Step(cause, _choose(state, instead=b.config.index))
    state = state._replace(scores=scores_b, options=b.config.index)
    yield _Step("weight", _choose(state))
    state = state._replace(selection=b.config.selection, groups=_groups(b, codes))
    yield _Step("selection", _choose(state))


def _choose(state: _State, *, instead: Index | None = None) -> Selected:
    """The list; by the options `instead` where those of A do not fit the factors of B."""
    try:
        index = build_index(state.scores, options=state.options)
    except RiskindexError:
        if instead is None:
            raise
        index = build_index(state.scores, options=instead)
    # An override of an area that one of the maps lacks is no fault of either run.
    overrides = [o for o in state.selection.overrides if o.area_code in index.index]
    selection = replace(state.selection, overrides=tuple(overrides))
    return select_top(index, selection=selection, groups=state.groups)


def _over(scores: pd.DataFrame, codes: pd.Index) -> pd.DataFrame:
    """Scores over more areas; where a run has none, the area is not assessed."""
    factors = scores.index.get_level_values("factor").unique()
    wanted = pd.MultiIndex.from_product([factors, codes], names=["factor", "area_code"])
    table = scores.reindex(wanted)
    # Weight and group belong to the factor, so an area that the run lacks has them all the same.
    first = scores.groupby(level="factor", sort=False)[["weight", "group"]].first()
    for column in ("weight", "group"):
        table[column] = first[column].reindex(wanted.get_level_values("factor")).to_numpy()
    return table.assign(
        reason=table["reason"].fillna("not in this run"),
        is_hot=table["is_hot"].eq(True).to_numpy(bool),
    )


def _mixed(scores: pd.DataFrame, other: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Some factors' scores from the other run, with the weights that they had."""
    have, theirs = (t.index.get_level_values("factor").unique() for t in (scores, other))
    # In the order of the other run: the last digit of a sum depends on the order, and a tie may
    # depend on the last digit.
    wanted = [f for f in theirs if f in have or f in names]
    wanted += [f for f in have if f not in theirs and f not in names]
    tables = []
    for name in wanted:
        source = other if name in names else scores
        table = source.xs(name, level="factor", drop_level=False)
        if name in have and name in names:
            mine = scores.xs(name, level="factor", drop_level=False)
            # New data must not bring the other run's weights along: those are a cause of their own.
            table = table.assign(weight=mine["weight"], group=mine["group"])
        tables.append(table)
    return pd.concat(tables)


def _groups(run: Run, codes: pd.Index) -> "pd.Series[Any] | None":
    if run.config.selection.group not in run.areas:
        return None
    return run.areas[run.config.selection.group].reindex(codes)


def _names(a: Run, b: Run) -> list[str]:
    names = [run.scores.index.get_level_values("factor").unique() for run in (a, b)]
    return list(dict.fromkeys([*names[0], *names[1]]))


def _cause(name: str, a: Run, b: Run) -> str:
    """Why a factor's scores may differ; "" where nothing does."""
    # Another definition comes before other data: a factor that is counted otherwise is not the same
    # factor with new figures.
    in_both = all(name in run.scores.index.get_level_values("factor") for run in (a, b))
    if not in_both or _definition(a.config, name) != _definition(b.config, name):
        return "definition"
    if any(a.files.get(role) != b.files.get(role) for role in _roles(a, b, name)):
        return "data"
    # The last word is for what cannot be told apart any further: same question, same files, same
    # version.
    return "version" if a.version != b.version else "data"


_NOT_MEASURED = ("weight", "group", "label", "recorded", "scored")
"""Fields of a factor that leave its scores as they are."""


def _definition(config: Config, name: str) -> object:
    """All that a factor's scores follow from but the data."""
    document = config.model_dump(mode="json")
    factor = next(f for f in document["factors"] if f["name"] == name)
    asked = {key: value for key, value in factor.items() if key not in _NOT_MEASURED}
    asked["periods"] = len(asked["periods"])  # which they are is data; how many is not
    sources = {s: _without_paths(document["sources"][s]) for s in _sources(_factor(config, name))}
    # How older codes reach the areas changes counts and not what a factor means.
    study = _without_paths({k: v for k, v in document["areas"].items() if k != "vintage"})
    unit = _LENGTHS.get(config.periods.unit, config.periods.unit)
    return asked, sources, study, document["neighbours"], unit, document["bases"]


# Years that begin in another month have the same length, so the definition is the same; other
# months are other data.
_LENGTHS = dict.fromkeys(
    ("calendar-year", "financial-year", "academic-year", "year-ending"), "year"
)


def _without_paths(value: Any) -> Any:  # noqa: ANN401  (a config holds what it holds)
    """A config without file names, whose content is compared by hash."""
    if isinstance(value, dict):
        return {k: _without_paths(v) for k, v in value.items() if k not in ("path", "boundaries")}
    return [_without_paths(v) for v in value] if isinstance(value, list) else value


def _factor(config: Config, name: str) -> Factor:
    return next(factor for factor in config.factors if factor.name == name)


def _sources(factor: Factor) -> set[str]:
    columns = [factor.column(c)[0] for c in (factor.numerator, factor.denominator) if c]
    # A share may take its numerator and its base from two tables.
    return {group.source for group in factor.groups} | set(columns)


def _roles(a: Run, b: Run, name: str) -> set[str]:
    """Inputs that a factor follows from: its sources, the bases' tables, boundaries, lookups."""
    sources = _sources(_factor(a.config, name)) | _sources(_factor(b.config, name))
    columns = [column for base in a.config.bases.values() for column in columns_of(base)]
    bases = {column.partition(".")[0] for column in columns}
    # Files that are no source of events or tables, such as boundaries and lookups, concern every
    # factor.
    every = set(a.files) | set(b.files)
    return sources | bases | (every - set(a.config.sources) - set(b.config.sources))


# Movers


def selected_areas(run: Run) -> pd.Index:
    """Codes of the areas on a list."""
    return run.areas.index[run.areas["selected"].astype(bool)]


def _movers(a: Run, b: Run, steps: Sequence[_Step]) -> pd.DataFrame:
    on_a, on_b = selected_areas(a), selected_areas(b)
    lines = []
    # Who entered comes first: a reader asks for the new areas before those that went.
    for code in on_b.difference(on_a).append(on_a.difference(on_b)):
        here = b.areas if code in b.areas.index else a.areas
        cause, why = _why(code, code in on_b, a, b, steps)
        line = {"area_code": code, "name": here.at[code, "name"]}
        line |= {kind: here.at[code, kind] for kind in groups_of_areas(here)}
        line |= {"change": "entered" if code in on_b else "left", "cause": cause, "why": why}
        line["points"] = _points(code, a, b)
        for column in ("rank", "score"):
            for end, run in (("a", a), ("b", b)):
                line[f"{column}_{end}"] = run.areas[column].get(code, np.nan)
        lines.append(line)
    columns = ["area_code", "name", "change", "cause", "why", "points", "rank_a", "rank_b"]
    table = pd.DataFrame(lines, columns=None if lines else [*columns, "score_a", "score_b"])
    table = table.astype({"rank_a": "Int64", "rank_b": "Int64"}).set_index("area_code")
    # By the better of two ranks: those who left stand where they stood while they were on the list.
    best = table[["rank_a", "rank_b"]].min(axis=1)
    order = table.assign(_best=best, _code=table.index).sort_values(["change", "_best", "_code"])
    return order.drop(columns=["_best", "_code"])


def groups_of_areas(areas: pd.DataFrame) -> list[str]:
    """The groups of the areas: the columns between the name and the score."""
    columns = list(areas.columns)
    # By their place in the file, as the names of groups are the analyst's own.
    return columns[columns.index("name") + 1 : columns.index("score")]


def _why(code: str, entered: bool, a: Run, b: Run, steps: Sequence[_Step]) -> tuple[str, str]:
    if code not in a.areas.index or code not in b.areas.index:
        missing = a.name if code not in a.areas.index else b.name
        return "definition", f"The area is not among those of {missing}."
    # The list after every cause, from which it can be read at which one the area changed sides.
    member = [bool(step.chosen.table.at[code, "selected"]) for step in steps]
    # An area may change sides more than once on the way; what it is told is the last time, after
    # which it stayed.
    flips = [k for k in range(1, len(steps)) if member[k] == entered and member[k - 1] != entered]
    # The folder may hold a list that its own scores no longer give: changed by hand, or protected.
    if not flips:
        return "version", "The lists as computed again do not have this move; see the notes."
    before, after = steps[flips[-1] - 1].chosen, steps[flips[-1]].chosen
    cause = steps[flips[-1]].cause
    # Nothing of the area changed; another one moved into or out of the tie that it stands in.
    if cause != "selection" and _tie_alone(code, before, after):
        cause = "tie"
    scores = [float(chosen.table.at[code, "score"]) for chosen in (before, after)]
    cuts = [chosen.cut.score_at_cut for chosen in (before, after)]
    words = f"{CAUSES[cause][0].upper()}{CAUSES[cause][1:]}: its score {_moved(*scores)}"
    points = _points(code, a, b)
    words += f"{f' (points: {points})' if points else ''}, the cut {_moved(*cuts)}."
    if after.table.at[code, "tied_at_cut"]:
        words += " It ties at the cut."
    now, was = after.table.at[code, "override"], before.table.at[code, "override"]
    return cause, words + (f" By hand: {_hand(after, before, code)}" if now != was else "")


def _tie_alone(code: str, before: Selected, after: Selected) -> bool:
    """Whether neither the area's score nor the cut moved, and the two are the same."""
    scores = {float(chosen.table.at[code, "score"]) for chosen in (before, after)}
    return scores == {before.cut.score_at_cut} == {after.cut.score_at_cut}


def _moved(was: float, now: float) -> str:
    return f"stayed at {now:.1f}" if was == now else f"went from {was:.1f} to {now:.1f}"


def _hand(after: Selected, before: Selected, code: str) -> str:
    reasons = [str(chosen.table.at[code, "override_reason"]) for chosen in (after, before)]
    return next((reason for reason in reasons if reason), "")


def _points(code: str, a: Run, b: Run) -> str:
    """The factors that moved the area's score most."""
    # A factor that one run lacks added nothing there, so its whole contribution is the difference.
    difference = _parts(a, b, pd.Index([code]))["difference"].droplevel("area_code").fillna(0.0)
    # What rounds to 0.0 at one decimal explains nothing.
    largest = difference[difference.abs() > 0.05].sort_values(key=abs, ascending=False)[:2]
    labels = {f.name: f.label for run in (a, b) for f in run.config.factors}
    return ", ".join(f"{labels[str(name)]} {points:+.1f}" for name, points in largest.items())


def _parts(a: Run, b: Run, codes: pd.Index) -> pd.DataFrame:
    columns = ["value", "score", "weight", "contribution"]
    # Factors of both runs: one that was dropped took its contribution with it.
    wanted = pd.MultiIndex.from_product([codes, _names(a, b)], names=["area_code", "factor"])
    tables = [
        run.scores[columns].swaplevel().reindex(wanted).add_suffix(f"_{end}")
        for end, run in (("a", a), ("b", b))
    ]
    table = pd.concat(tables, axis=1)
    points = table[["contribution_a", "contribution_b"]].fillna(0.0)
    table["difference"] = points["contribution_b"] - points["contribution_a"]
    return table


def _step_table(steps: Sequence[_Step]) -> pd.DataFrame:
    lists = [step.chosen.table["selected"] for step in steps]
    lines = [
        (step.cause, int(now.sum()), int((now & ~was).sum()), int((was & ~now).sum()))
        for step, was, now in zip(steps[1:], lists, lists[1:], strict=False)
    ]
    return pd.DataFrame(lines, columns=["cause", "selected", "entered", "left"]).set_index("cause")


# What differs, in words


def _data_lines(a: Run, b: Run) -> Iterator[str]:
    for role in sorted(set(a.files) | set(b.files)):
        if role not in a.files or role not in b.files:
            yield f"Input {role}: only in {a.name if role in a.files else b.name}."
        elif a.files[role] != b.files[role]:
            yield f"Input {role}: other files."
    if a.version != b.version:
        yield f"riskindex: {a.version} and {b.version}."


def _config_lines(a: Run, b: Run) -> Iterator[str]:
    # Factors by name: by position one that was left out would shift all after it.
    documents = [
        {
            **run.config.model_dump(mode="json", exclude_none=True, exclude={"factors"}),
            "factors": {
                f["name"]: f
                for f in run.config.model_dump(mode="json", exclude_none=True)["factors"]
            },
        }
        for run in (a, b)
    ]
    changes: dict[tuple[str, str, str], list[str]] = {}
    for place, one, other in _leaves(*documents, place=""):
        parts = place.split(".")
        if parts[-1] in ("path", "boundaries"):  # the inputs say it
            continue
        # One option changed for all factors is one decision, and is told once with their number.
        alike = len(parts) > 2 and parts[0] == "factors"
        key = (".".join(parts[2:]), one, other) if alike else (place, one, other)
        changes.setdefault(key, []).append(parts[1] if alike else "")
    for (field, one, other), names in changes.items():
        place = f"factors.{names[0]}.{field}" if len(names) == 1 and names[0] else field
        several = f" of {len(names)} factors ({', '.join(names)})" if len(names) > 1 else ""
        yield f"{place}{several}: {one} and {other}."


def _leaves(a: Any, b: Any, *, place: str) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401
    if isinstance(a, dict) and isinstance(b, dict):
        for key in dict.fromkeys([*a, *b]):
            inner = f"{place}.{key}".lstrip(".")
            yield from _leaves(a.get(key), b.get(key), place=inner)
    elif a != b:
        yield place, _short(a), _short(b)


def _short(value: object) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value) or "none"
    if isinstance(value, dict):
        return "given"
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    # A whole block of config in a sentence would hide which option differs.
    return text if len(text) <= 60 else f"{text[:57]}..."


def _notes(a: Run, b: Run, steps: Sequence[_Step]) -> Iterator[str]:
    units = [run.config.periods.unit.replace("-", " ") for run in (a, b)]
    # Lists of unlike periods may be compared, but the reader must not take the moves for a trend.
    if units[0] != units[1]:
        yield (
            f"The periods of {a.name} are of the kind {units[0]}, those of {b.name} {units[1]}: "
            "these are unlike stretches of months, so that no difference is a change over time."
        )
    for run, step in ((a, steps[0]), (b, steps[-1])):
        chosen = step.chosen.table["selected"]
        again = chosen.index[chosen]
        # The first and last step must be the lists as written, or the causes explain something
        # else.
        odd = len(again.symmetric_difference(selected_areas(run)))
        if odd and run.config.release.membership == "protected":
            yield (
                f"{run.name}: its list was selected by counts with noise; what is computed here "
                f"from its scores differs by {odd:,} areas."
            )
        elif odd:
            yield (
                f"{run.name}: its list, computed again from its scores, differs by {odd:,} areas; "
                "it was made by another version or changed afterwards."
            )
        if run.changed:
            yield f"{run.name}: changed since it was written: {', '.join(run.changed)}."
