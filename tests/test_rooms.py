"""The house: folders are chapters, imports point down, and no files go round in a circle."""

import ast
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "riskindex"
FLOORS = (
    "__main__",
    "cli",
    "ui",
    "screen",
    "check backtest definition_comparison holdout setup",
    "pipeline",
    "analysis",
    "outputs",
    "demo",
    "publication",
    "result",
    "config factor_faults named_definitions",
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
    "arrays tables cut disclosure caching errors",
)
"""Folders and files of the package from the top down; files of one floor may import each other."""
MOST_FILES = 26
"""Files that may lie side by side."""
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__init__.py"
}


def imported(path: Path) -> set[str]:
    """Modules of the package that a file names in any import: at its head, lazy, or for types."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")[1:] if name.startswith("riskindex.") else []
            found |= {".".join(parts[:n]) for n in (1, 2)} & set(MODULES)
    return found


IMPORTS = {module: imported(path) for module, path in MODULES.items()}


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
    files = Counter(path.parent for path in PACKAGE.rglob("*.py"))
    assert max(files.values()) <= MOST_FILES


def test_every_folder_says_what_it_is():
    folders = {path.parent for path in MODULES.values()}
    for folder in folders:
        assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")))
