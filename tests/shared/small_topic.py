"""A topic of a few rows: one measure, `f`, of the place N of the whole Shire."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from riskindex.assessment.options import Document, Figure
from riskindex.outputs.needs.blocks import Free, Number
from riskindex.outputs.needs.rows import DocumentPlace, Rows
from riskindex.outputs.needs.topic import Topic

NUMBERS = ("count", "base", "value", "low", "high", "rank", "ratio")
TEXTS = ("by", "category", "unit", "note", "base_name", "compared_with", "measure")


def line(figure, place="N", **columns):
    """A row of the table of figures."""
    plain = dict.fromkeys(NUMBERS, np.nan) | dict.fromkeys(TEXTS, "")
    kind = "whole" if place == "Shire" else "district"
    fixed = {"place": place, "place_kind": kind, "period": "2022", "status": "given"}
    named = {"figure": figure, "kind": figure.partition(".")[2] or figure, "counted": "records"}
    return plain | fixed | named | columns


def topic(*lines, place="N", requested=(), **document):
    """A topic about `f` with such rows."""
    table = pd.DataFrame(lines).assign(row=[f"r{i}" for i in range(len(lines))])
    labels = pd.DataFrame({"label": ["Violence"]}, index=["f"])
    released = SimpleNamespace(
        factors=labels,
        measures=labels.iloc[:0],
        requested=[Figure(**figure) for figure in requested],
    )
    kind = "whole" if place == "Shire" else "district"
    options = Document(main="f", **document)
    return Topic(released, options, Rows(table), DocumentPlace(kind, place))


def text(sentence):
    """A sentence as it is read."""
    return "".join(p.text if isinstance(p, Number | Free) else p for p in sentence)
