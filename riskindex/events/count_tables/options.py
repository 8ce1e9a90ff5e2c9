"""What a config says of a table of counts by area and period."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from riskindex.events.coverage import Coverage
from riskindex.events.periods import Unit
from riskindex.rules import Value, Where


@dataclass(frozen=True, kw_only=True)
class CountsSource:
    """Numbers of events by area and period, as forces publish them in place of records."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    kind: Literal["counts"]
    """A table of counts: a column for each month or year, or a row for each."""
    path: str
    """A CSV (may be compressed), a zip with one, or an Excel or ODS workbook."""
    member: str | None = None
    """File inside a zip that holds several."""
    sheet: str | int | None = None
    """Sheet of a workbook, by name or number from 1; left out, the one that has the columns."""
    header_row: int | None = None
    """Row with the names of the columns, from 1; left out, it is found among the first 50."""
    area: str
    """Column with the area code. An area without any row is not covered; one whose rows say 0, or
    lack a kind of event, has none of it."""
    period: str | None = None
    """Column with the period of each row; left out, every column whose heading is a period, such
    as 2022, 2022-23 or 202203, holds its counts."""
    value: str | None = None
    """Column with the number, where there is one with the period."""
    unit: Unit | None = None
    """What the labels of the table's periods mean; left out, what they can mean together."""
    where: Where = field(default_factory=dict)
    """Rows that are used at all; the rest is excluded by a rule."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column that a definition names to what it is called here."""
    words: Mapping[str, Mapping[str, Sequence[Value]]] = field(default_factory=dict)
    """Column that a definition names to its values, each with those that stand for it here."""
    coverage: Coverage = field(default_factory=Coverage)
    """Which areas the numbers come from, and when; what no file covers is not zero."""
    accept_losses: bool = False
    """Whether a run goes on although more than 10% of the events in the periods are lost."""
    protection: Literal["open", "restricted"] | None = None
    """Whether anybody can look the numbers up; left out, restricted. Open ones leave as they are,
    and need an address and a licence."""
    address: str | None = None
    """Where anybody can look an open source up; printed for sign-off."""
    licence: str | None = None
    """Licence of an open source; printed for sign-off."""


def counts_faults(name: str, source: CountsSource) -> Iterator[str]:
    """Say what is wrong with the options of a table of counts, whatever it holds."""
    # Periods in rows need the column of the number; in headings, the cells are the numbers.
    if (source.period is None) != (source.value is None):
        yield f"sources.{name}: period and value belong together; one of them is not named."
