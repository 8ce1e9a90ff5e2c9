"""What a newcomer can count on: short functions, options by keyword, names that explain."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TREES = {
    path.relative_to(ROOT): ast.parse(path.read_text("utf-8"))
    for folder in ("riskindex", "tests", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
PACKAGE = {path: tree for path, tree in TREES.items() if path.parts[0] == "riskindex"}
LONGEST = 60
"""Lines of a function's body as formatted, from the first after its docstring."""
BY_KEYWORD = 0.95
"""Share of optional parameters that can be given by keyword alone."""
RIDDLES = {
    *("known", "told", "stated", "otherwise", "same", "atoms", "retest", "retested"),
    *("inversion", "inversions", "vector", "vectors"),
}
"""Names that explain nothing to somebody who has read nothing else."""


def functions(trees: dict[Path, ast.Module]) -> Iterator[tuple[str, ast.FunctionDef]]:
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path}: {node.name}", node


def names_in(node: ast.AST) -> list[str]:
    """Names that a node gives to something."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.alias):
        return [node.asname or ""]
    return [node.id] if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else []


def test_bodies_of_functions_are_short():
    long = []
    for name, function in functions(TREES):
        has_docstring = ast.get_docstring(function) is not None and len(function.body) > 1
        first = function.body[int(has_docstring)]
        if function.end_lineno - first.lineno + 1 > LONGEST:
            long.append(name)
    assert long == []


def test_optional_parameters_are_given_by_keyword():
    by_position = by_keyword = 0
    for _, function in functions(PACKAGE):
        by_position += len(function.args.defaults)
        by_keyword += sum(default is not None for default in function.args.kw_defaults)
    assert by_keyword / (by_keyword + by_position) >= BY_KEYWORD


def test_the_name_of_a_class_stands_once():
    classes = [
        node.name
        for tree in PACKAGE.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    ]
    assert [name for name, n in Counter(classes).items() if n > 1] == []


def test_names_explain_what_they_hold():
    riddles = [
        f"{path}:{getattr(node, 'lineno', 0)}: {name}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        for name in names_in(node)
        if name.strip("_").lower() in RIDDLES
    ]
    files = [str(path) for path in TREES if path.stem.removeprefix("test_") in RIDDLES]
    assert [*riddles, *files] == []


def test_the_formatter_is_passed_over_at_tables_of_numbers_alone():
    for path in PACKAGE:
        lines = (ROOT / path).read_text("utf-8").splitlines()
        ends = [k for k, line in enumerate(lines) if line.endswith("# fmt: skip")]
        for end in ends:
            begins = max(k for k in range(end) if lines[k][:1] not in (" ", "", "#"))
            assert any(c.isdigit() for c in "".join(lines[begins:end])), f"{path}:{end + 1}"
