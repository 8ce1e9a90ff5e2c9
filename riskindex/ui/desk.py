"""What the page can ask: look at files, write a config, check it, run it, say how far it is."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import tomlkit

from riskindex.areas.area_names import STUDY_KINDS, WORD_FOR, find_area
from riskindex.areas.shipped_lookups import read_area_lookup
from riskindex.config import parse_config
from riskindex.errors import ConfigError, InputError, RiskindexError
from riskindex.setup.new_config import NewConfig, new_config, presets, read_preset
from riskindex.ui.job import Job

CONFIG, RESULT, DATA = "riskindex.toml", "result", "data"
"""What lies in the folder of the page: the config that it writes, the result, dropped files."""
# By this line the page tells its own config from one that a person has written.
HEAD = "# Written by riskindex ui, which may write it again. Rename it to keep it as it is.\n\n"
METHODS = {
    "window": "Events of an area and its neighbours, against what their residents lead to expect",
    "getis-ord": "Areas of many events among areas of many events",
    "poisson": "Events of the area itself, against what its residents lead to expect",
    "threshold": "A share above a threshold",
    "value": "The measure itself",
}
"""Config word of a method to what it looks at, in plain words."""
_LONGEST_NAME = 120
# What Windows forbids in a name, on every system: the folder may be shared. It keeps paths out,
# too.
_NO_FILE_NAME = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


class Ingredient(NamedTuple):
    """A factor of a preset, as the gallery shows it."""

    name: str
    label: str
    about: str
    """What it looks at, in plain words."""
    weight: float
    police: bool
    """Whether police activity finds what it counts."""


class Desk:
    """The state behind one page: a folder, and the job at work in it.

    Parameters
    ----------
    home
        Folder of the config and the result.

    Raises
    ------
    InputError
        It is no folder.
    """

    def __init__(self, home: Path) -> None:
        if not home.is_dir():
            raise InputError(f"{home}: no such folder. Make it first, or name another.")
        # Resolved once: a later change of the working folder must not move the desk.
        self.home = home.resolve()
        self.job: Job | None = None

    def start(self) -> dict[str, Any]:
        """What the page needs to begin: presets with their factors, and names of study areas."""
        return {
            "home": str(self.home),
            "data": str(self.home / DATA),
            "presets": {name: [i._asdict() for i in ingredients(name)] for name in presets()},
            "areas": area_names(),
        }

    def place_for(self, name: str) -> Path:
        """Where a dropped file goes.

        Raises
        ------
        InputError
            The name is none that a file may have, or there is such a file already.
        """
        if (
            not name
            or len(name) > _LONGEST_NAME
            # Hidden files, and the two names for this folder and the one above.
            or name.startswith(".")
            or _NO_FILE_NAME.search(name)
        ):
            raise InputError(f"{name[:_LONGEST_NAME]!r} is no name for a file. Rename it.")
        folder = self.home / DATA
        folder.mkdir(exist_ok=True)
        # A drop is easily done twice, and the file there may have been corrected by hand.
        if (folder / name).exists():
            raise InputError(f"{name}: is in {folder} already, and is not overwritten.")
        return folder / name

    def look(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What the files of a folder were recognised as, and what a preset still lacks.

        Parameters
        ----------
        asked
            `preset`, `area` (a name or code) and `data`, a folder.
        """
        made = self._new_config(asked)
        return {"found": made.found, "missing": made.missing}

    def write(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Write the config that the choices on the page make.

        Parameters
        ----------
        asked
            As for `look`, with `weights`: the name of each factor that is taken to its weight.

        Raises
        ------
        InputError
            A config of somebody's own is in its place.
        """
        path = self.home / CONFIG
        if path.exists() and not path.read_text(encoding="utf-8").startswith(HEAD):
            raise InputError(
                f"{path}: was not written by this page and is not overwritten. Rename it, or use "
                f"it as it is: riskindex run {CONFIG} --out result --profile internal"
            )
        text = HEAD + with_weights(self._new_config(asked).text, asked["weights"])
        path.write_text(text, encoding="utf-8", newline="\n")
        return {"path": str(path), "text": text, "faults": list(_config_faults(text, self.home))}

    def begin(self, what: str) -> dict[str, Any]:
        """Begin a check or a run of the config that was written.

        Raises
        ------
        InputError
            Another job is at work.
        """
        # Two runs would write into one result folder.
        if self.job is not None and self.job.progress.state == "working":
            raise InputError("A job is at work already. Wait for it, or stop it.")
        config = str(self.home / CONFIG)
        if what == "run":
            result = str(self.home / RESULT)
            # Internal always: who else may see it is a decision that a button should not make.
            self.job = Job("run", [config, "--out", result, "--profile", "internal"])
        else:
            self.job = Job("check", [config])
        return self.progress()

    def progress(self) -> dict[str, Any]:
        """How far the job is; nothing where none was begun."""
        return {} if self.job is None else self.job.progress._asdict()

    def stop(self) -> dict[str, Any]:
        """End the job, and leave the result folder as it was."""
        if self.job is not None:
            self.job.stop()
        return self.progress()

    def _new_config(self, asked: Mapping[str, Any]) -> NewConfig:
        if not str(asked.get("area", "")).strip():
            raise ConfigError("Name the study area: a police force, partnership or district.")
        area = find_area(_without_kind(str(asked["area"])))
        # An absolute path replaces the home here, so that files may stay where they are.
        data = self.home / str(asked.get("data") or DATA)
        if data == self.home / DATA:
            data.mkdir(exist_ok=True)
        return new_config(str(asked["preset"]), area=area, data=data, home=self.home)


def ingredients(preset: str) -> list[Ingredient]:
    """The factors of a preset, for the gallery."""
    factors = tomlkit.parse(read_preset(preset)).unwrap()["factors"]
    return [
        Ingredient(
            name=factor["name"],
            label=factor.get("label", factor["name"]),
            about=METHODS[factor["method"]],
            weight=float(factor.get("weight", 1)),
            police=factor.get("recorded") == "police-generated",
        )
        for factor in factors
    ]


def area_names() -> list[str]:
    """Names that a study area may have, each with what it is: Essex (police force area)."""
    table = read_area_lookup()
    return [
        f"{name} ({WORD_FOR[kind]})" for kind in STUDY_KINDS for name in sorted(set(table[kind]))
    ]


def _without_kind(name: str) -> str:
    """The name of an area as it was chosen from the list, without what it is."""
    return re.sub(r" \([^()]*\)$", "", name.strip())


def with_weights(text: str, weights: Mapping[str, object]) -> str:
    """A config whose factors are those that were taken, with the weights that were given.

    Parameters
    ----------
    text
        TOML, whose comments stay.
    weights
        Name of a factor to its weight; factors that it lacks are left out.

    Raises
    ------
    ConfigError
        No factor was taken, or a weight is no number above 0.
    """
    # tomlkit keeps comments and layout: the config is meant to be read and changed by hand later.
    document: Any = tomlkit.parse(text)
    kept: list[Any] = []
    for factor in document["factors"]:
        if (weight := weights.get(str(factor["name"]))) is None:
            continue
        # "not above 0" also refuses NaN; Python counts true among the whole numbers.
        if not isinstance(weight, int | float) or isinstance(weight, bool) or not weight > 0:
            raise ConfigError(f"{factor['name']}: the weight is a number above 0, not {weight!r}.")
        factor["weight"] = weight
        kept.append(factor)
    if not kept:
        raise ConfigError("Take at least one factor.")
    document["factors"] = tomlkit.aot()
    document["factors"].extend(kept)
    return tomlkit.dumps(document)


def _config_faults(text: str, home: Path) -> Iterator[str]:
    """What is wrong with a config before any file is read."""
    try:
        # Parsed again as text, since that is what a run will read.
        parse_config(tomlkit.parse(text).unwrap(), folder=home, name=CONFIG)
    except RiskindexError as error:
        yield from error.faults
