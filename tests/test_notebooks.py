"""Every notebook runs from top to bottom."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.filterwarnings("default")  # the kernel's own, not ours
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path):
    os.environ["PYTHONWARNINGS"] = "ignore"
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": tmp_path}}
    done = NotebookClient(notebook, timeout=300, resources=where).execute()
    assert all(cell.get("execution_count") for cell in done.cells if cell.cell_type == "code")
