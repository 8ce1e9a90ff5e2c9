"""Definitions drawn at random, and a plain filter of one record after another that reads them."""

import random
from itertools import product

from riskindex.definitions import Clause, Definition

KINDS = ("a", "b", "c", None)
LEVELS = ("0", "1", "2", "x", "", None)
DONE = ("true", "false", "unknown", None)
COLUMNS = {"kind": ("a", "b", "c"), "level": (0, 1, 2, "x"), "done": (True, False)}


def every_record():
    """One record of every combination of values."""
    return [
        {"kind": kind, "level": level, "done": done}
        for kind, level, done in product(KINDS, LEVELS, DONE)
    ]


def definition(seed):
    """A definition of clauses over three columns, lists inside lists among them."""
    draw = random.Random(seed)
    return Definition(label=str(seed), **_lists(draw, depth=2, least=1))


def _lists(draw, *, depth, least):
    number = {key: draw.choice((0, 0, 1, 2)) for key in ("all", "any", "none")}
    if sum(number.values()) < least:
        number[draw.choice(list(number))] = 1
    return {key: tuple(_clause(draw, depth - 1) for _ in range(n)) for key, n in number.items()}


def _clause(draw, depth):
    if depth and draw.random() < 0.3:
        return Clause(**_lists(draw, depth=depth, least=1))
    fate = draw.choice(("in", "out", "apart"))
    column = draw.choice(list(COLUMNS))
    if column == "level" and draw.random() < 0.4:
        first = draw.choice((None, 0, 1))
        return Clause(column=column, at_least=first, under=2, not_recorded=fate)
    values = tuple(draw.sample(COLUMNS[column], draw.choice((1, 2))))
    unknown = ("unknown",) if column == "done" and draw.random() < 0.5 else ()
    return Clause(column=column, values=values, unknown=unknown, not_recorded=fate)


def reads(definition, record):
    """True where a record is in, False where it is out, None where it is set apart."""
    return _list(definition, record, keeps=True)


def _list(listing, record, *, keeps):
    answers = [_one(clause, record, keeps=keeps) for clause in listing.all]
    if listing.any:
        some = [_one(clause, record, keeps=keeps) for clause in listing.any]
        answers.append(True if True in some else (None if None in some else False))
    for clause in listing.none:
        met = _one(clause, record, keeps=not keeps)
        answers.append(None if met is None else not met)
    return False if False in answers else (None if None in answers else True)


def _one(clause, record, *, keeps):
    if clause.column is None:
        return _list(clause, record, keeps=keeps)
    value = record[clause.column]
    if clause.values:
        missing = value in ("", None) or value in clause.unknown
        met = any(_equals(value, wanted) for wanted in clause.values)
    else:
        missing = value is None or not value.isdigit()
        met = not missing and (clause.at_least or 0) <= int(value) < clause.under
    if not missing:
        return met
    return {"apart": None, "in": keeps, "out": not keeps}[clause.not_recorded]


def _equals(value, wanted):
    if isinstance(wanted, bool):
        return value == str(wanted).lower()
    if isinstance(wanted, int):
        return value is not None and value.isdigit() and int(value) == wanted
    return value == wanted
