"""The house: folders are chapters, imports point down, and no files go round in a circle."""

import ast
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import riskindex

PACKAGE = Path(__file__).parents[2] / "riskindex"
FLOORS = (
    "__main__",
    "cli",
    "ui",
    "screen",
    "check check_choices backtest definition_comparison holdout setup",
    "pipeline",
    "inputs",
    "analysis",
    "outputs",
    "demo",
    "publication",
    "result",
    "config config_faults config_schema named_definitions",
    "planning",
    "assessment",
    "uncertainty",
    "index",
    "hotspots",
    "events",
    "areas",
    "files",
    "factors definitions rules",
    "statistics",
    "presets",
    "arrays tables cut disclosure errors",
)
"""Folders and files of the package from the top down; files of one floor may import each other."""
MOST_FILES = 26
"""Files that may lie side by side."""
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__init__.py"
}


HOMES = {name: module for module, names in riskindex._HOME.items() for name in names}
"""Public name to the module that it loads."""


def imported(path: Path) -> set[str]:
    """Modules of the package that a file names in any import: at its head, lazy, or for types.

    A public name stands for the module that it loads; the bare package gives all of them.
    """
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports of the package are written in full"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            found |= set(HOMES.values()) if name in ("riskindex", "riskindex.*") else set()
            inside = name.removeprefix("riskindex.") if name.startswith("riskindex.") else ""
            parts = HOMES.get(inside, inside).split(".")
            found |= {".".join(parts[: n + 1]) for n in range(len(parts))} & set(MODULES)
    return found


IMPORTS = {module: imported(path) for module, path in MODULES.items()}


@pytest.mark.parametrize(
    ("line", "modules"),
    [
        ("from riskindex import pipeline", {"pipeline"}),
        ("from riskindex import release", {"pipeline"}),
        ("from riskindex import EventSource as Source", {"events.sources"}),
        ("from riskindex import __version__", set()),
        ("from riskindex.events.sql import store", {"events.sql"}),
        ("import riskindex.events.sql", {"events.sql"}),
        ("from riskindex.outputs.needs import page", {"outputs.needs.page"}),
        ("import pandas", set()),
    ],
)
def test_an_import_is_of_the_module_that_it_loads(line, modules, tmp_path):
    (tmp_path / "some.py").write_text(f"def late():\n    {line}\n", "utf-8")
    assert imported(tmp_path / "some.py") == modules


def test_the_bare_package_stands_for_all_that_it_loads(tmp_path):
    (tmp_path / "some.py").write_text("import riskindex\n", "utf-8")
    assert {"pipeline", "config", "result"} <= imported(tmp_path / "some.py")


def test_every_folder_and_file_has_a_floor():
    floors = {name for floor in FLOORS for name in floor.split()}
    assert {module.partition(".")[0] for module in MODULES} <= floors


def test_imports_point_down():
    floor = {name: k for k, names in enumerate(FLOORS) for name in names.split()}
    place = {module: floor[module.partition(".")[0]] for module in MODULES}
    upwards = [
        f"{module} imports {other}"
        for module, others in IMPORTS.items()
        for other in others
        if place[other] < place[module]
    ]
    assert upwards == []


def test_no_files_import_each_other_in_a_circle():
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")


def test_what_is_released_does_not_call_the_method():
    method = ("index", "hotspots", "uncertainty", "analysis", "pipeline")
    calls = [
        f"{module} imports {other}"
        for module, others in IMPORTS.items()
        for other in others
        if module.startswith("publication.") and other.partition(".")[0] in method
    ]
    assert calls == []


def test_a_folder_holds_no_more_than_can_be_looked_over():
    roots = (PACKAGE, PACKAGE.parent / "tests")
    files = Counter(path.parent for root in roots for path in root.rglob("*.py"))
    assert max(files.values()) <= MOST_FILES


def test_every_folder_says_what_it_is():
    folders = {path.parent for path in MODULES.values()}
    for folder in folders:
        assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")))
