"""Events of one source in one shape, and what the factors ask of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from riskindex.events.coverage import Coverage, Months
from riskindex.events.periods import Period
from riskindex.factors import EventGroup
from riskindex.rules import Where

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation


@dataclass(frozen=True, kw_only=True)
class Events:
    """One source of events in one shape, whatever file they came from."""

    connection: "DuckDBPyConnection"
    """The DuckDB connection that the table lives in."""
    table: str
    """Table or view with the columns file, row, date, area_code, x, y, person, key and one
    `category ...` column for each column that a rule looks at; missing is NULL."""
    crs: str = "EPSG:27700"
    """Coordinate system of x and y."""
    where: Where = field(default_factory=dict)
    """Events of the source that are used at all."""
    has_key: bool = False
    """Whether later rows with the same key are duplicates."""
    has_person: bool = False
    """Whether persons are counted, once per area and period."""
    names_people: bool = False
    """Whether there are keys of people, of which no message may show a text that could be one."""
    is_counted: bool = False
    """Whether a row stands for as many events as its column `events` says, and one column
    `rule_name` for each rule says whether they meet it: the answer of a warehouse."""
    people: Mapping[str, str] = field(default_factory=dict)
    """`age`, `sex` and the like to the column that tells it, with a `category ...` column, too."""
    street: str | None = None
    """Street, or square of 100 metres, that an event is on, as SQL over its row; None where the
    source tells of none."""
    pairs: Sequence[str] = ()
    """Aspects that are counted together, with `BOTH` between their names."""
    coverage: Coverage = field(default_factory=Coverage)
    """Which areas the events come from; its column has its `category ...` column, too."""
    empty_months: frozenset[int] = frozenset()
    """Numbers of the months that files of headings alone are named after: nothing happened."""
    listed: Months | None = None
    """Months of each unit by an inventory; None where there is none."""
    compare: bool | None = None
    """Whether codes are compared with coordinates; None: where that is cheap."""
    own_periods: tuple[range, ...] | None = None
    """Months of each period that a published number is of; None where records have dates."""
    areas: frozenset[str] | None = None
    """Codes of the areas that a table of counts has rows of; None where records come from all."""
    has_points: bool = False
    """Whether records can have coordinates."""

    @property
    def covered_months(self) -> frozenset[int] | None:
        """Months that published numbers are of, whether anything happened in them or not."""
        # A published 0 is a finding: its months are covered, though no event is in them.
        return None if self.own_periods is None else frozenset().union(*self.own_periods)

    @property
    def knows_months(self) -> bool:
        """Whether it can be said in which month an event happened."""
        # The number of a year is dated to its first day, which is no month of its events.
        return self.own_periods is None or all(len(months) == 1 for months in self.own_periods)

    @property
    def relation(self) -> "DuckDBPyRelation":
        """The events, for looking at them in a notebook."""
        return self.connection.table(self.table)


class Group(NamedTuple):
    """One kind of events of one factor."""

    factor: str
    events: EventGroup
    """Which events; one that meets groups of different weights is refused."""
    periods: tuple[Period, ...]

    @property
    def label(self) -> str:
        """Name of the group."""
        return self.events.label

    @property
    def source(self) -> str:
        """Name of its source."""
        return self.events.source


class Scope(NamedTuple):
    """What one line of the reconciliation, or one group's count, looks at."""

    rules: tuple[int, ...]
    """Rules, any of which keeps an event: 0 is the source's own, the others are its groups'."""
    periods: tuple[Period, ...]
    """Periods that do not overlap."""
    only: int | None = None
    """The one of the rules whose events are asked for, where all of them share out the events:
    an event, key or person goes to the first rule that it meets."""
