"""What each clause of a definition takes out of a source's records, and what is not recorded."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from riskindex.definitions import Definition
from riskindex.events.sorts import condition_of
from riskindex.events.source_events import Group
from riskindex.events.tally import Tally
from riskindex.rules import EVERY_RECORD, AllOf, Rule

FUNNEL = (
    "definition",
    "factor",
    "group",
    "source",
    "period",
    "step",
    "clause",
    "alternative",
    "left",
    "left_out",
    "set_apart",
    "not_recorded",
    "fate",
    "in_the_end",
)
"""Columns of the table of `tell_funnels`."""
READ, USED, COUNTED = "records read", "used by the source's own rule", "counted in the study area"
"""Steps before and after the clauses."""


def tell_funnels(tally: Tally, counted: Mapping[tuple[str, str, str], int]) -> pd.DataFrame:
    """The records of each period that are left after each clause of the definitions of a source.

    Parameters
    ----------
    tally
        The source.
    counted
        (factor, group, period) to the number of events counted in the end.

    Returns
    -------
    DataFrame
        Columns `FUNNEL`, one row for each step: `left`, the records that are certainly in so far;
        `set_apart`, those that are neither in nor out because of what is not recorded; `left_out`,
        those that this step takes out. At every step `left`, `set_apart` and all of `left_out` so
        far are together what was read. `not_recorded`: of the records that came to a clause those
        that do not say whether they meet it, and their `fate`. A row with an `alternative` is one
        of several clauses of which one must be met; several may be. `in_the_end`: how many of
        those `left` in a row meet the whole definition. The last step is of the records, or
        people, that are counted in the areas.
    """
    parts = [
        _of_group(tally, group, definition, counted)
        for group in tally.groups
        # A plain `where` has one step, which the reconciliation tells.
        if (definition := group.events.defined) is not None
    ]
    return in_one_table(parts)


def in_one_table(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Funnels of several groups or sources, one after the other."""
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True)[list(FUNNEL)] if parts else no_funnels()


def no_funnels() -> pd.DataFrame:
    """The table without a row."""
    # Typed without a row too, so that an empty table joins others without turning their numbers
    # into objects.
    types = {name: "Int64" if name in _NUMBERS else object for name in FUNNEL}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in types.items()})


_NUMBERS = ("step", "left", "left_out", "set_apart", "not_recorded", "in_the_end")


class _Row(NamedTuple):
    """A step, or an alternative of one, and the rules that its numbers are of."""

    step: int
    clause: str
    left: Rule
    possible: Rule | None = None
    unsaid: Rule | None = None
    fate: str = ""
    alternative: str = ""


def _rows(definition: Definition) -> Iterator[_Row]:
    """Rows of the clauses in the order written, from step 2: steps 0 and 1 are the source's."""
    before: Rule = EVERY_RECORD
    came: Rule = EVERY_RECORD
    for number, step in enumerate(definition.steps, start=2):
        # Of those that may still be in: a record that an earlier clause took out is not asked
        # again.
        unsaid = AllOf((came, step.unrecorded))
        yield _Row(number, step.words, step.certain, step.possible, unsaid, step.fate)
        for other in step.alternatives:
            # Alternatives overlap, so that their numbers do not add up to the step's.
            met = AllOf((before, other.certain))
            yield _Row(number, step.words, met, alternative=other.words)
        before, came = step.certain, step.possible


def _of_group(
    tally: Tally, group: Group, definition: Definition, counted: Mapping[tuple[str, str, str], int]
) -> pd.DataFrame:
    rows, final = list(_rows(definition)), definition.meaning.certain
    asked = [
        *(row.left for row in rows),
        *(AllOf((row.left, final)) for row in rows),
        *(rule for row in rows for rule in (row.possible, row.unsaid) if rule is not None),
        # The end of every row: how many of those left here will be counted.
        final,
    ]
    numbers = _numbers(tally, group, list(dict.fromkeys(asked)))
    lines = [
        {**line, "period": period.label}
        for period in group.periods
        for line in _lines(
            rows, final, numbers[period.label], counted[group.factor, group.label, period.label]
        )
    ]
    fixed = {
        "definition": definition.name or definition.label,
        "factor": group.factor,
        "group": group.label,
        "source": group.source,
    }
    return pd.DataFrame(lines).assign(**fixed).astype(dict.fromkeys(_NUMBERS, "Int64"))


def _lines(
    rows: Sequence[_Row], final: Rule, n: Mapping[Rule | str, int], counted: int
) -> Iterator[dict[str, Any]]:
    """The rows of one period, from the records read to those counted in the areas."""
    end = n[final]
    yield _line(0, READ, left=n[READ], left_out=0, set_apart=0, in_the_end=end)
    yield _line(1, USED, left=n[USED], left_out=n[READ] - n[USED], set_apart=0, in_the_end=end)
    still, apart = n[USED], 0
    for row in rows:
        numbers: dict[str, int | str] = {"fate": row.fate, "alternative": row.alternative}
        numbers |= {"left": n[row.left], "in_the_end": n[AllOf((row.left, final))]}
        if row.possible is None or row.unsaid is None:
            yield _line(row.step, row.clause, **numbers)
            continue
        # Out is what cannot be in any more; what may be in for want of a record is set apart, and
        # never lost from the sum.
        left_out, still = still - n[row.possible], n[row.possible]
        apart = still - n[row.left]
        numbers |= {"left_out": left_out, "set_apart": apart, "not_recorded": n[row.unsaid]}
        yield _line(row.step, row.clause, **numbers)
    last = rows[-1].step + 1
    # Place, coverage and repeats take their share after the last clause.
    yield _line(last, COUNTED, left=counted, left_out=end - counted, set_apart=apart)


def _line(step: int, clause: str, **numbers: int | str) -> dict[str, Any]:
    nothing = {"alternative": "", "fate": "", **dict.fromkeys(_NUMBERS, pd.NA)}
    return {**nothing, "step": step, "clause": clause, **numbers}


def _numbers(tally: Tally, group: Group, rules: Sequence[Rule]) -> dict[str, dict[Rule | str, int]]:
    """Records of each period that meet each rule, of those that the source's own rule uses."""
    tests: dict[Rule | str, str] = {READ: "true", USED: "used"}
    tests |= {rule: f"used AND {condition_of(tally.events, group, rule=rule)}" for rule in rules}
    sums = ", ".join(
        f"coalesce(sum(n) FILTER (WHERE {test}), 0)::BIGINT AS n_{i}"
        for i, test in enumerate(tests.values())
    )
    columns = "".join(f", {column}" for column in tally.columns)
    # One pass for all steps: each rule is a filter of one grouped scan.
    n = "sum(events)" if tally.events.is_counted else "count(*)"
    by_span = tally.events.connection.execute(
        f"SELECT coalesce(span, -1) AS span, {sums} FROM (SELECT month, sort > 0 AS used{columns}, "
        f"{n} AS n FROM coded GROUP BY ALL) LEFT JOIN calendar USING (month) GROUP BY 1"
    ).df()
    periods = {
        label: by_span[by_span["span"].isin(spans)].iloc[:, 1:].sum()
        for label, spans in tally.spans_of(group).items()
    }
    return {label: dict(zip(tests, map(int, n), strict=True)) for label, n in periods.items()}
