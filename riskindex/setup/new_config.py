"""A preset turned into a config for one study area and the files that are there."""

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import tomlkit
from tomlkit.items import Item

from riskindex.areas.area_names import WORD_FOR, NamedArea
from riskindex.areas.official_data import Official, official_of, official_sources
from riskindex.errors import ConfigError
from riskindex.events.coverage import groups_of_units
from riskindex.events.periods import Unit, month_label, parse_period
from riskindex.files.formats import nearest
from riskindex.setup.recognise import (
    PoliceFiles,
    files_in,
    find_boundaries,
    find_police,
    find_tables,
    without_overlaps,
)

MOST_PERIODS = 5
"""Periods that a config is written for, the last ones; older crime says less about next year's."""
_WHOLE = {
    "force": "force area",
    "district": "district",
    "community_safety_partnership": "partnership area",
}


class NewConfig(NamedTuple):
    """The text of a config, what it was made from, and what it still lacks."""

    text: str
    found: tuple[str, ...]
    """Sentences about the area and the files that are used."""
    missing: tuple[str, ...]
    """Sentences about files that are not there: what, from where, and what to call it."""


WITH_MORE: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "needs-assessment": ("essex-2022.toml", "needs/essex-2024.toml"),
        "five-documents": (
            "essex-2022.toml",
            "needs/essex-2024.toml",
            "needs/four-documents-2023.toml",
        ),
    }
)
"""Presets that are another one with more tables after it, and the files that they are made of."""


def presets() -> list[str]:
    """Names of the presets."""
    entries = resources.files("riskindex.presets").iterdir()
    alone = [e.name.removesuffix(".toml") for e in entries if e.name.endswith(".toml")]
    return sorted([*alone, *WITH_MORE])


def read_preset(name: str) -> str:
    """The text of a preset.

    Raises
    ------
    ConfigError
        There is none of that name.
    """
    if name not in presets():
        raise ConfigError(f"No preset {name!r}{nearest(name, presets())}.")
    files = WITH_MORE.get(name, (f"{name}.toml",))
    folder = resources.files("riskindex.presets")
    text = "".join(folder.joinpath(*file.split("/")).read_text("utf-8") for file in files)
    return _FIRST_LINE.format(name=name) + text if name in WITH_MORE else text


_FIRST_LINE = (
    "# {name}: the index of essex-2022, and below it ([measures], [[figures]], [document]) what\n"
    "# published needs assessments count. Take out what you have no records of.\n#\n"
)
"""What a preset that begins with another one is."""


def new_config(
    preset: str, *, area: NamedArea | None = None, data: Path | None = None, home: Path = Path()
) -> NewConfig:
    """The config of a preset, for a study area, with the files of a folder filled in.

    Parameters
    ----------
    preset
        Name of the preset.
    area
        The study area; left out, the preset's own.
    data
        Folder of downloads; left out, the preset's paths stay.
    home
        Folder that the config will lie in, from which its paths start.

    Raises
    ------
    ConfigError
        There is no such preset.
    InputError
        There is no such folder.
    """
    # tomlkit keeps the comments of the preset, which explain each choice to whoever edits it.
    document = tomlkit.parse(read_preset(preset))
    sentences: list[str] = []
    missing: list[str] = []
    if area is not None:
        _set_area(document, area)
        sentences.append(
            f"{area.name}: {WORD_FOR[area.kind]}, {len(area.codes):,} areas (LSOAs of 2021)."
        )
    if data is not None:
        filler = _Filler(document, area, data, home)
        filler.fill_in()
        sentences += filler.found
        missing += filler.missing
    return NewConfig(tomlkit.dumps(document), tuple(sentences), tuple(missing))


def _set_area(document: Any, area: NamedArea) -> None:  # noqa: ANN401 (a TOML document)
    document["place"] = area.name
    # Sentences compare an area with its force area, district or partnership by this word.
    if "whole" in document:
        document["whole"] = _WHOLE[area.kind]
    within = tomlkit.inline_table()
    within[area.kind] = [area.name]
    document["areas"]["within"] = within


class _Filler:
    """Fills the paths of a config in, and the periods that its events cover."""

    def __init__(
        self,
        document: Any,  # noqa: ANN401 (a TOML document)
        area: NamedArea | None,
        data: Path,
        home: Path,
    ) -> None:
        self.document, self.area, self.data, self.home = document, area, data, home
        self.codes: Collection[str] = area.codes if area else ()
        self.paths = files_in(data)
        self.official = official_sources()
        self.found: list[str] = []
        self.missing: list[str] = []

    def fill_in(self) -> None:
        """Look for each file that the config names."""
        self._boundaries(self.document["areas"])
        for name, source in self.document["sources"].items():
            if source["kind"] == "police.uk":
                self._police(str(name), source)
            elif source["kind"] == "table":
                self._table(str(name), source)
            else:
                self._own_records(str(name), source)

    def _boundaries(self, areas: Any) -> None:  # noqa: ANN401 (a TOML table)
        entry = self.official["lsoa21_boundaries"]
        candidates = find_boundaries(self.paths, str(areas["code"]), entry.columns[1:2], self.codes)
        # A file is known by its codes and not by its name: downloads are called anything.
        suitable = [file for file in candidates if file.covered]
        if not suitable:
            # Boundaries of 2011 are the usual mistake and deserve to be named.
            older = find_boundaries(self.paths, "LSOA11CD", (), ())
            why = f" {older[0].path.name} has LSOAs of 2011." if older else ""
            self._lacks(areas, "boundaries", entry, more=why)
            return
        best, *others = suitable
        areas["boundaries"] = self._from_home(best.path)
        areas["code"] = best.code
        for key, value in (("name", best.name), ("layer", best.layer)):
            if value is not None:
                areas[key] = value
            # A leftover layer or name of the preset would be looked for in another file.
            elif key in areas:
                del areas[key]
        of = f", {best.covered:,} of the {len(self.codes):,} asked for" if self.codes else ""
        self._uses("Boundaries", best.path, f"{best.areas:,} areas{of}", [o.path for o in others])

    def _table(self, name: str, source: Any) -> None:  # noqa: ANN401 (a TOML table)
        named = [c for columns in source["columns"].values() for c in _listed(columns)]
        code = str(source.get("code", "geography code"))
        candidates = find_tables(self.paths, [code, *named], code, self.codes)
        if not candidates or not candidates[0][1]:
            entry = official_of(code, *named)
            self._lacks(source, "path", entry, label=name, columns=[code, *named])
            return
        (best, covered), *others = candidates
        source["path"] = self._from_home(best)
        of = f"{covered:,} of the {len(self.codes):,} areas" if self.codes else f"{covered:,} areas"
        self._uses(name, best, of, [path for path, _ in others])

    def _police(self, name: str, source: Any) -> None:  # noqa: ANN401 (a TOML table)
        files = find_police(self.paths, self.data)
        units = {unit for one in files for unit in one.months}
        mine = self._own_units(units)
        taken, passed = without_overlaps(files, mine or units)
        # Without a force in any file nothing can be taken, whatever the names of files say.
        taken = [one for one in taken if units]
        if not taken or not mine:
            who = " and ".join(self.area.forces) if self.area else "the force"
            why = f" (choose {who} and the months)"
            there = f" The files there are of {', '.join(sorted(units))}." if units else ""
            self._lacks(
                source, "path", self.official["police_uk"], label=name, more=f"{why}{there}"
            )
            return
        paths = [self._from_home(self.data / one.pattern) for one in taken]
        source["path"] = paths[0] if len(paths) == 1 else paths
        # Only months of all forces: an area whose force lacks a month would look quiet.
        months = frozenset.intersection(*(_months(taken, of) for of in mine.values()))
        unit, labels = whole_periods(months)
        self._set_periods(name, unit, labels)
        span = f"{month_label(min(months))} to {month_label(max(months))}" if months else "no month"
        self.found.append(
            f"{name}: {', '.join(paths)}: {len(months):,} months ({span}) of "
            f"{', '.join(sorted(mine))}; periods: {', '.join(labels)} ({unit})."
        )
        self.found += [
            f"{name}: {one.pattern} is not used: its months are in another file already."
            for one in passed
        ]

    def _own_units(self, units: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """The forces of the study area, each with the units that stand for it in files."""
        if self.area is None:
            return {unit: (unit,) for unit in units}
        try:
            # Files call forces by slugs or by full names; both stand for one force area.
            groups = groups_of_units(units, self.area.forces, {}, place="")
        except ConfigError:
            return {}
        units_of: dict[str, tuple[str, ...]] = {}
        for unit, group in sorted(groups.items()):
            units_of[group] = (*units_of.get(group, ()), unit)
        # A force without a file leaves part of the area blind, which the sentence about it says.
        return units_of if set(units_of) == set(self.area.forces) else {}

    def _own_records(self, name: str, source: Any) -> None:  # noqa: ANN401 (a TOML table)
        """A source of somebody's own records, known by the columns that the preset names."""
        keys = ("date", "area", "x", "y", "key", "distinct", "age", "sex")
        columns = [str(source[key]) for key in keys if key in source]
        candidates = find_tables(self.paths, columns, columns[0], ())
        if not candidates:
            self._lacks(source, "path", None, label=name, columns=columns)
            return
        source["path"] = self._from_home(candidates[0][0])
        self._uses(name, candidates[0][0], "", [path for path, _ in candidates[1:]])

    def _set_periods(self, name: str, unit: Unit, labels: Sequence[str]) -> None:
        # A calendar year is written as a number in TOML, as people do.
        values: list[int | str] = [int(x) if unit == "calendar-year" else x for x in labels]
        self.document["periods"]["unit"] = unit
        for factor in self.document["factors"]:
            groups = factor.get("event_groups", ())
            if name in {factor.get("source"), *(group["source"] for group in groups)}:
                # A rate without a test is of one period.
                factor["periods"] = values[-1:] if factor["method"] == "value" else values
        # The year of the preset is not that of these files.
        title = re.sub(r", \d{4}$", "", str(self.document["title"]))
        self.document["title"] = f"{title}, {_span_in_words(unit, labels)}"

    def _uses(self, name: str, path: Path, what: str, others: Sequence[Path]) -> None:
        use = f": {what}" if what else ""
        more = f"; {', '.join(p.name for p in others)} would do too" if others else ""
        self.found.append(f"{name}: {self._below(path)}{use}{more}.")

    def _lacks(
        self,
        table: Any,  # noqa: ANN401 (a TOML table)
        key: str,
        entry: Official | None,
        *,
        label: str = "Boundaries",
        columns: Sequence[str] = (),
        more: str = "",
    ) -> None:
        """Name a file that is not there, and write the path that it will have."""
        # The config is written for the file that is still to come, so that it runs once that is
        # saved.
        target = self.data / Path(str(table[key])).name
        table[key] = self._from_home(target)
        if entry is None:
            what = f"a table of your own with the columns {', '.join(columns)}"
            self.missing.append(f"{label}: {what}. Save it as {target}.{more}")
        else:
            self.missing.append(
                f"{label}: {entry.title}, from {entry.address}{more}. Save it as {target}."
            )

    def _below(self, path: Path) -> str:
        return path.relative_to(self.data).as_posix()

    def _from_home(self, path: Path) -> str:
        """A path as the config names it: from its own folder, where that is on the same disk."""
        try:
            return Path(os.path.relpath(path, self.home)).as_posix()
        except ValueError:  # another drive of Windows
            return path.absolute().as_posix()


def whole_periods(months: Collection[int]) -> tuple[Unit, list[str]]:
    """The kind of year of which months make most whole ones, and the last of them.

    Calendar years where they do as well as others, then financial years, then years that end with
    the last month. Where no year is whole, the calendar year of the last month: a part period.

    Parameters
    ----------
    months
        Numbers of months that all forces have, counted from the year 0.

    Examples
    --------
    >>> whole_periods(range(2023 * 12 + 3, 2026 * 12 + 3))
    ('financial-year', ['2023-24', '2024-25', '2025-26'])
    """
    if not months:
        return "calendar-year", []
    last = max(months)
    years = range(min(months) // 12, last // 12 + 1)
    labels: dict[Unit, list[str]] = {
        "calendar-year": [f"{year}" for year in years],
        # From the year before: January to March belong to the financial year that began then.
        "financial-year": [f"{y}-{(y + 1) % 100:02d}" for y in range(years[0] - 1, years[-1] + 1)],
        "year-ending": [month_label(last - 12 * k) for k in reversed(range(len(years)))],
    }
    held = frozenset(months)
    whole = {
        unit: [x for x in of if held.issuperset(parse_period(x, unit=unit).months)]
        for unit, of in labels.items()
    }
    # The first of equals: calendar years stand first, which most readers take a year for.
    best = max(whole, key=lambda unit: len(whole[unit]))
    if not whole[best]:
        return "calendar-year", [f"{last // 12}"]
    return best, whole[best][-MOST_PERIODS:]


def _months(files: Sequence[PoliceFiles], units: Collection[str]) -> frozenset[int]:
    """Months that some units have in any of the files."""
    each = [one.months.get(unit, frozenset()) for one in files for unit in units]
    return frozenset().union(*each)


def _span_in_words(unit: Unit, labels: Sequence[str]) -> str:
    ends = f"{labels[0]} to {labels[-1]}" if len(labels) > 1 else "".join(labels[:1])
    return f"years ending {ends}" if unit == "year-ending" else ends


def _listed(columns: Item | str) -> Iterator[str]:
    yield from [str(columns)] if isinstance(columns, str) else map(str, columns)  # type: ignore[call-overload]
