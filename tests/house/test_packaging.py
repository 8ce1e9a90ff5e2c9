"""What is said of the package beside its code: bounds, recipe, citation, a folder of wheels."""

import ast
import csv
import importlib.util
import json
import re
import tomllib
from hashlib import sha256
from pathlib import Path
from sys import stdlib_module_names
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import riskindex

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOWEST = {
    Requirement(line).name.lower(): next(iter(Requirement(line).specifier)).version
    for line in PROJECT["dependencies"]
}
CONDA = {"python-duckdb": "duckdb", "matplotlib-base": "matplotlib"}


@pytest.fixture(scope="module")
def wheelhouse():
    spec = importlib.util.spec_from_file_location("wheelhouse", ROOT / "packaging/wheelhouse.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wheel(folder: Path, name: str, version: str, *said: str) -> Path:
    path = folder / f"{name}-{version}-py3-none-any.whl"
    lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *said]
    with ZipFile(path, "w") as archive:
        archive.writestr(f"{name}-{version}.dist-info/METADATA", "\n".join(lines) + "\n")
    return path


def test_a_folder_of_wheels_is_described(tmp_path, wheelhouse):
    wheel(tmp_path, "Leaf_Map", "1.0", "License-Expression: BSD-2-Clause")
    wheel(
        tmp_path, "old", "2.1", "License: MIT License\n        Permission is hereby", "Home-page: h"
    )
    classified = wheel(tmp_path, "third", "3", "Classifier: License :: OSI Approved :: ISC License")
    wheelhouse.describe(tmp_path)

    with (tmp_path / "licences.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["package"]: row for row in csv.DictReader(file)}
    licences = {name: row["licence"] for name, row in rows.items()}
    assert licences == {"leaf-map": "BSD-2-Clause", "old": "MIT License", "third": "ISC License"}
    print_of = sha256(classified.read_bytes()).hexdigest()
    pinned = (tmp_path / "constraints.txt").read_text(encoding="utf-8")
    assert f"third==3 --hash=sha256:{print_of}\n" in pinned
    bill = json.loads((tmp_path / "sbom.json").read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert [part["purl"] for part in bill["components"]] == [
        "pkg:pypi/leaf-map@1.0",
        "pkg:pypi/old@2.1",
        "pkg:pypi/third@3",
    ]


def test_every_import_of_the_package_is_declared():
    imported = set()
    for path in (ROOT / "riskindex").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    extras = PROJECT["optional-dependencies"].values()
    declared = {Requirement(line).name.lower() for extra in extras for line in extra} | set(LOWEST)
    names = {
        "python_calamine": "python-calamine",
        "xstatic": "xstatic-leaflet",
        "docx": "python-docx",
    }
    names |= {"ibis": "ibis-framework"}
    foreign = imported - set(stdlib_module_names) - {"riskindex", "__future__", "pyspark"}
    assert len(foreign) > 10
    assert {names.get(name, name).lower() for name in foreign} - declared == set()


def test_the_recipe_asks_for_what_the_package_asks_for():
    text = (ROOT / "packaging/meta.yaml").read_text(encoding="utf-8")
    run = text.partition("  run:\n")[2].partition("\n\n")[0]
    asked = dict(re.findall(r"- ([\w.-]+) >=([\d.]+)", run))
    assert asked.pop("python") == PROJECT["requires-python"].removeprefix(">=")
    assert {CONDA.get(name, name): bound for name, bound in asked.items()} == LOWEST


def test_pinned_versions_lie_within_the_bounds():
    text = (ROOT / "packaging/constraints.txt").read_text(encoding="utf-8")
    pinned = re.findall(r"^([\w.-]+)==([\w.]+)", text, flags=re.M)
    assert set(LOWEST) <= {name for name, _ in pinned}
    low = [(n, v) for n, v in pinned if n in LOWEST and Version(v) < Version(LOWEST[n])]
    assert low == []
    assert text.count("--hash=sha256:") > len(pinned)


def test_one_version_is_said_everywhere():
    recipe = (ROOT / "packaging/meta.yaml").read_text(encoding="utf-8")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r'version: "(.+)"', recipe)[1] == riskindex.__version__
    assert re.search(r"^version: (.+)$", citation, flags=re.M)[1] == riskindex.__version__
