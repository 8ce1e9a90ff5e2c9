"""Every notebook runs from top to bottom."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from official_files import write_essex

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.filterwarnings("default")  # the kernel's own, not ours
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path, monkeypatch, request):
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    if "RISKINDEX_DATA" in path.read_text(encoding="utf-8"):
        write_essex(request.getfixturevalue("shared") / "data", tmp_path)
        monkeypatch.setenv("RISKINDEX_DATA", str(tmp_path))
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": tmp_path}}
    done = NotebookClient(notebook, timeout=300, resources=where).execute()
    assert all(cell.get("execution_count") for cell in done.cells if cell.cell_type == "code")
