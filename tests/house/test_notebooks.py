"""Every notebook runs from top to bottom."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from official_files import write_essex

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
SMALLER = [
    (r"synthetic_county\(seed=2022\)", "synthetic_county(seed=2022, n=160, districts=4)"),
    (r"n=300, districts=5", "n=160, districts=4"),
]
"""A county that takes seconds, for the same cells; as they are shown, they run in the long run."""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A notebook's Python, in this process: another would load every library again."""
    monkeypatch.chdir(tmp_path)
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    yield shell
    InteractiveShell.clear_instance()


@pytest.mark.filterwarnings("default")  # those of libraries, which a reader sees, too
@pytest.mark.parametrize("smaller", [SMALLER, pytest.param([], marks=pytest.mark.long)])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, smaller, shell, tmp_path, monkeypatch, request):
    if "RISKINDEX_DATA" in path.read_text(encoding="utf-8"):
        write_essex(request.getfixturevalue("shared") / "data", tmp_path)
        monkeypatch.setenv("RISKINDEX_DATA", str(tmp_path))
    notebook = nbformat.read(path, as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert cells
    for cell in cells:
        asked = cell
        for shown, small in smaller:
            asked = re.sub(shown, small, asked)
        shell.run_cell(asked).raise_error()
