"""By type: what is written was released, and what is released of counts was protected."""

import ast
import inspect
from pathlib import Path

import pytest
from worlds import make_world, result_of

import riskindex
from riskindex import pipeline, release, save
from riskindex.errors import DisclosureError
from riskindex.outputs import (
    every_output,
    governance,
    manifest,
    star_tables,
    workbook,
    workbook_sheets,
)
from riskindex.outputs import geopackage as gis
from riskindex.outputs import interactive_map as maps
from riskindex.outputs.profiles import page
from riskindex.outputs.report import page as report
from riskindex.publication.cells import ProtectedCells
from riskindex.publication.released import Released

WRITERS = (
    maps.write_map,
    report.write_report,
    governance.write_governance,
    workbook.write_workbook,
    gis.write_geopackage,
    page.write_profiles,
    manifest.write_manifest,
    pipeline.save,
    workbook_sheets.list_table,
    workbook_sheets.place_table,
    workbook_sheets.hotspot_table,
    workbook.write_parquet,
    manifest.write_data_package,
    star_tables.write_star,
)
SOURCE = Path(riskindex.__file__).parent


@pytest.fixture(scope="module")
def small_result():
    return result_of(make_world("no districts"))


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.__name__)
def test_a_writer_takes_what_was_released(writer):
    parameter = next(iter(inspect.signature(writer).parameters.values()))
    annotation = parameter.annotation
    assert annotation is Released or annotation == "Released"


def test_no_other_function_is_called_by_saving_with_a_result():
    """What `save` hands on is the release, a table of it, or the folder."""
    tree = ast.parse(inspect.getsource(every_output.write_every_output))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    writers = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id.startswith("write_")]
    assert len(writers) > 10
    for call in writers:
        names = {node.id for node in ast.walk(call.args[0]) if isinstance(node, ast.Name)}
        assert names <= {"released", "list_table", "place_table", "hotspot_table"}
        assert "released" in names


def test_the_package_writes_tables_of_results_nowhere_else():
    """Every call of `write_csv` outside `save` stands in a page for inside use."""
    callers = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "write_csv"
    }
    assert callers <= {
        "outputs/every_output.py",
        "outputs/star_tables.py",
        "outputs/compare_page.py",
        "outputs/backtest_page.py",
    }


@pytest.mark.parametrize("what", ["result", "table", None])
def test_nothing_but_a_release_is_saved(what, small_result, tmp_path):
    given = {"result": small_result, "table": small_result.index}.get(what, what)
    with pytest.raises(DisclosureError, match="Only what was released can be saved"):
        save(given, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_release_is_saved(small_result, tmp_path):
    save(release(small_result, profile="internal"), tmp_path / "out")
    assert (tmp_path / "out" / "manifest.json").is_file()


def test_protected_cells_are_made_by_protect_alone():
    """One call makes them, in the function that adds the noise."""
    makers = []
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
            makers += [
                (path.name, function.name)
                for node in ast.walk(function)
                if isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == ProtectedCells.__name__
            ]
    assert makers == [("cells.py", "protect")]


def test_counts_of_groups_are_released_through_protect_alone():
    """Modules of group counts take values and marks from `protect`, or exact totals."""
    protecting = {
        (path.stem, function.name)
        for path in (SOURCE / "publication").glob("*.py")
        for function in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(function, ast.FunctionDef)
        if any(isinstance(n, ast.Name) and n.id == "protect" for n in ast.walk(function))
    }
    assert protecting == {
        ("counts", "_cells"),
        ("rhythm", "_protected_rhythm"),
        ("rhythm", "_all_records"),
        ("people", "released_people"),
    }
