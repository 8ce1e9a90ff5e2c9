import ast
from functools import lru_cache
from pathlib import Path

import numpy as np

import riskindex
from riskindex import arrays
from riskindex.arrays import IdentityKey

PACKAGE = Path(riskindex.__file__).parent


def defined(path):
    """Names that a module gives to kinds of arrays."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("NDArray["):
            yield ast.unparse(node.targets[0])


def test_kinds_of_arrays_have_their_names_in_one_place():
    others = {path for path in PACKAGE.rglob("*.py") if path.name != "arrays.py"}
    assert [(path.name, name) for path in sorted(others) for name in defined(path)] == []


def test_every_kind_says_what_it_holds():
    text = Path(arrays.__file__).read_text("utf-8")
    body = ast.parse(text).body
    named = [i for i, node in enumerate(body) if isinstance(node, ast.Assign)]
    texts = [body[i + 1] for i in named]
    assert len(named) >= 5
    assert all(isinstance(node, ast.Expr) and node.value.value for node in texts)


def test_the_same_object_is_worked_out_once_and_an_equal_one_again():
    asked = []

    @lru_cache
    def total(key: IdentityKey[np.ndarray]) -> float:
        asked.append(key)
        return float(key.value.sum())

    one, equal = np.ones(3), np.ones(3)
    assert total(IdentityKey(one)) == total(IdentityKey(one)) == total(IdentityKey(equal)) == 3
    assert len(asked) == 2


def test_a_key_is_equal_to_no_other_thing():
    value = ("a", "b")
    assert IdentityKey(value) != value
    assert IdentityKey(value) == IdentityKey(value)
