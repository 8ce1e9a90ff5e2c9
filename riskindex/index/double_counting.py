"""Factors that may count one hardship twice, by rules about what they are made of."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from riskindex.areas.table_files import TableSource
from riskindex.factors import EventGroup, Factor, apart
from riskindex.rules import required

COLUMNS = ("one", "other", "rule", "why", "advice", "rho")


def find_double_counting(
    factors: Sequence[Factor], sources: Mapping[str, object], correlations: pd.DataFrame
) -> pd.DataFrame:
    """Pairs of scored factors that a rule of `RULES` names.

    Parameters
    ----------
    factors
        The factors, as configured; words in their names and labels say what they are about.
    sources
        The sources by name; words in the columns and paths of tables say what they are about.
    correlations
        Of `correlate`, for the rank correlation of each pair.

    Returns
    -------
    DataFrame
        One row per pair: `one` and `other` (names of factors), `rule` (a key of `RULES`, the first
        that fits), `why`, `advice`, `rho` (NaN where it is not known).
    """
    # What is only mapped adds nothing to the index.
    scored = [factor for factor in factors if factor.scored]
    rows = [row for pair in combinations(scored, 2) for row in _of_pair(pair, sources)]
    table = pd.DataFrame(rows, columns=list(COLUMNS[:-1]))
    # Said with the correlation where there is one; the rule stands without it.
    rho_of_pair = {
        (one, other): correlations.loc[one].get(("factor", other), float("nan"))
        for one, other in zip(table["one"], table["other"], strict=True)
        if one in correlations.index
    }
    pairs = zip(table["one"], table["other"], strict=True)
    return table.assign(rho=[float(rho_of_pair.get(pair, float("nan"))) for pair in pairs])


class FactorContent(NamedTuple):
    """What a factor is made of, as far as the config says."""

    factor: Factor
    words: str
    """Name, label, columns and paths, in small letters."""
    columns: str
    """The column that is measured, as the config and as the file call it, in small letters."""

    def about(self, subject: str) -> bool:
        """Whether a table's words name a subject of `SUBJECTS`."""
        # Words are looked for in tables: of events, the rules say what they are.
        return not self.factor.counts_events and any(w in self.words for w in SUBJECTS[subject])


class DoubleCountingRule(NamedTuple):
    """When two factors may count the same, in which words, and what to do."""

    applies: Callable[[FactorContent, FactorContent], bool]
    why: str
    """`{a}` and `{b}` are the labels."""
    advice: str


SUBJECTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "index": ("imd", "multiple deprivation", "indices of deprivation", "index of deprivation"),
        "crime domain": (
            "crime domain",
            "crime_domain",
            "crime_score",
            "crime score",
            "crime_rank",
        ),
        "income": ("income",),
        "work": ("employ", "worked", "claimant", "jobseek", "workless"),
        "household deprivation": ("deprived in", "household deprivation", "dimensions"),
        "domain": ("income", "employ", "education", "health", "housing", "environment"),
    }
)
"""Words by which a table is known; a column that is called otherwise is not recognised."""


def _part(a: FactorContent, b: FactorContent) -> bool:
    return _inside(a.factor, b.factor)


def _parts_shared(a: FactorContent, b: FactorContent) -> bool:
    return any(
        # Two rules of one source share events unless their values cannot be met together.
        one.source == other.source and not apart(required(one.rule), required(other.rule))
        for one in a.factor.groups
        for other in b.factor.groups
    )


def _same_column(a: FactorContent, b: FactorContent) -> bool:
    columns = [
        factor.column(factor.numerator) for factor in (a.factor, b.factor) if factor.numerator
    ]
    return len(columns) == 2 and columns[0] == columns[1]


def _crime_in_index(a: FactorContent, b: FactorContent) -> bool:
    return a.about("index") and not _is_domain(a) and b.factor.counts_events


def _crime_domain(a: FactorContent, b: FactorContent) -> bool:
    return a.about("crime domain") and b.factor.counts_events


def _domain_of_index(a: FactorContent, b: FactorContent) -> bool:
    return a.about("index") and not _is_domain(a) and (b.about("domain") or b.about("crime domain"))


def _is_domain(a: FactorContent) -> bool:
    # By its columns alone: the file of the index and of its domains is the same.
    return any(word in a.columns for word in (*SUBJECTS["domain"], *SUBJECTS["crime domain"]))


RULES: Mapping[str, DoubleCountingRule] = MappingProxyType(
    {
        "part": DoubleCountingRule(
            _part,
            "Every event of {a} is an event of {b}, too.",
            "Leave one out, or take the part out of the whole with a narrower where.",
        ),
        "overlap": DoubleCountingRule(
            _parts_shared,
            "{a} and {b} come from the same source, and nothing in their where keeps them apart.",
            "Name in each where what is counted, so that an event is in one of them.",
        ),
        "same column": DoubleCountingRule(
            _same_column,
            "{a} and {b} have the same numerator.",
            "Keep one, or give each half of the weight.",
        ),
        "crime domain": DoubleCountingRule(
            _crime_domain,
            "{a} is made from recorded crime, which {b} counts again.",
            "Use a deprivation measure without its crime domain.",
        ),
        "crime in the index": DoubleCountingRule(
            _crime_in_index,
            "{a} has a crime domain (9.3% of the Indices of Deprivation), and {b} counts events.",
            "Use single domains, such as income, instead of the whole index.",
        ),
        "domain of the index": DoubleCountingRule(
            _domain_of_index,
            "{b} is one of the domains that {a} is made of.",
            "Keep the index or its domains, not both.",
        ),
        "income and work": DoubleCountingRule(
            lambda a, b: a.about("income") and b.about("work"),
            "{a} and {b} are mostly the same households: people out of work have low incomes.",
            "Put both into one group with one weight, or keep one.",
        ),
        "household deprivation and work": DoubleCountingRule(
            lambda a, b: a.about("household deprivation") and b.about("work"),
            "{a} already counts households where a member is out of work; {b} counts them again.",
            "Put both into one group with one weight, or keep one.",
        ),
        "police activity": DoubleCountingRule(
            lambda a, b: {a.factor.recorded, b.factor.recorded} == {"police-generated"},
            "{a} and {b} are both found by police activity, such as searches: they rise together "
            "where police look.",
            "Read the list without them, under What if we had chosen differently.",
        ),
    }
)
"""Rules in order, each tried both ways round; the first that fits names the pair."""


def _of_pair(
    pair: tuple[Factor, Factor], sources: Mapping[str, object]
) -> Iterator[tuple[str, ...]]:
    a, b = (FactorContent(factor, *_words(factor, sources)) for factor in pair)
    for name, rule in RULES.items():
        # "Every event of a is one of b" has a direction.
        for one, other in ((a, b), (b, a)):
            if rule.applies(one, other):
                labels = {"a": one.factor.label, "b": other.factor.label}
                why = rule.why.format(**labels)
                yield a.factor.name, b.factor.name, name, why, rule.advice
                return


def _words(factor: Factor, sources: Mapping[str, object]) -> tuple[str, str]:
    """All that the config says a factor is about, and what of it names its column."""
    references = [factor.column(c) for c in (factor.numerator, factor.denominator) if c]
    texts, columns = [factor.name, factor.label], []
    # The numerator alone: a denominator such as all households says nothing of the subject.
    for source, column in references[:1]:
        table = sources.get(source)
        texts.append(source)
        columns.append(column)
        if isinstance(table, TableSource):
            named = table.columns.get(column, column)
            texts.append(table.path)
            columns += [named] if isinstance(named, str) else named
    return " ".join([*texts, *columns]).lower(), " ".join(columns).lower()


# Which events two factors count


def _inside(a: Factor, b: Factor) -> bool:
    """Whether every event of one factor is an event of another."""
    # A factor without groups counts no events, and all() of nothing would be true.
    return bool(a.groups) and all(any(_covers(g, own) for g in b.groups) for own in a.groups)


def _covers(whole: EventGroup, part: EventGroup) -> bool:
    # Clauses of definitions are not compared: a definition lies inside itself alone.
    if whole.definition is not None:
        return whole.source == part.source and whole.definition == part.definition
    return whole.source == part.source and all(
        # A narrower rule lies inside a wider one if it names each of its columns with fewer values.
        column in part.where and set(part.where[column]) <= set(kept)
        for column, kept in whole.where.items()
    )


def warn_of_double_counting(pairs: pd.DataFrame, labels: Mapping[str, str]) -> Sequence[str]:
    """One sentence about the pairs that rules name, none where there are none."""
    if pairs.empty:
        return ()
    named = [
        f"{labels[a]} and {labels[b]}" for a, b in zip(pairs["one"], pairs["other"], strict=True)
    ]
    number = "1 pair of factors" if len(named) == 1 else f"{len(named):,} pairs of factors"
    # A warning that lists every pair is not read.
    more = f"; and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
    return (
        f"{number} may count one thing twice, by what they are made of: "
        f"{'; '.join(named[:_NAMED])}{more}. See Questions to ask in the report.",
    )


_NAMED = 4
