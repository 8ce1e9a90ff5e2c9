"""The table of rooms in CONTRIBUTING.md: every module stands in it, and imports point down."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "riskindex"
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")


def rooms() -> list[tuple[str, int]]:
    """Module and layer, as the table tells them."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d) \| [^|]+ \| ([^|]+) \|", text, re.MULTILINE)
    return [(name, int(layer)) for layer, names in rows for name in re.findall(r"`(\w+)`", names)]


def imported(module: str) -> set[str]:
    """Modules of the package that one needs as soon as it is read."""
    tree = ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return {str(node.module).partition(".")[2] for node in found
            if str(node.module).startswith("riskindex.")}  # fmt: skip


def test_every_module_has_one_room():
    assert sorted(name for name, _ in rooms()) == MODULES


def test_imports_point_down():
    layer = dict(rooms())
    upwards = {(module, other) for module in MODULES for other in imported(module)
               if layer[other] > layer[module]}  # fmt: skip
    assert upwards == set()
