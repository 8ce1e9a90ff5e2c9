"""What a word such as serious violence means: clauses, and what each does with the not recorded.

Every clause is true or false of a record, or cannot be told because nothing is recorded. A
definition is read in Kleene's logic of three values: what is certain whatever stands in the gaps is
counted, what some filling of the gaps would count is set apart, and the rest is out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple

from riskindex.errors import ConfigError
from riskindex.rules import EVERY_RECORD, AllOf, AnyOf, Has, NoneOf, Rule, Value, tests_of

NotRecorded = Literal["in", "out", "apart"]

YEARS = range(131)
"""Whole numbers that a range of a clause can hold: ages in years."""


@dataclass(frozen=True, kw_only=True)
class Clause:
    """A test of one column, or a list of clauses."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    label: str = ""
    """What the clause says, in words; left out, its column and values."""
    column: str | None = None
    """Column that is looked at; left out where the clause is a list of clauses."""
    values: Sequence[Value] = ()
    """Values that meet the clause."""
    at_least: int | None = None
    """In place of values: the least whole number that meets it, such as an age in years."""
    under: int | None = None
    """In place of values: the whole number from which on it is not met."""
    unknown: Sequence[Value] = ()
    """Values that say that it is not recorded, such as "Not known", beside an empty one."""
    not_recorded: NotRecorded | None = None
    """What becomes of a record that does not say: in, as if this clause let it in; out; or apart,
    counted beside the definition and not in it. Every clause of a column says so."""
    all: Sequence["Clause"] = ()
    """Clauses that must all be met."""
    any: Sequence["Clause"] = ()
    """Clauses of which one must be met."""
    none: Sequence["Clause"] = ()
    """Clauses of which none may be met."""
    definition: str | None = None
    """Name of a definition that must be met, in place of a column or list."""
    who: Literal["any", "every"] | None = None
    """Whether any or every person of a role must meet it: then the column is one of the sources
    that name these people with the key of their offence."""
    role: Sequence[str] = ()
    """Roles of the people that it is about, such as suspect and victim."""

    @property
    def looks_at(self) -> str | None:
        """Column of the records that says whether the clause is met; of people, one that is made.

        The column that is made says yes or no, or nothing where nothing is recorded of them.
        """
        if self.who is None or self.column is None:
            return self.column
        # In the name of the column, as two clauses with other unknown words need a column each.
        unsaid = f" ({', '.join(map(str, self.unknown))} not known)" if self.unknown else ""
        return replace(self, label="").words + unsaid

    @property
    def is_ranged(self) -> bool:
        """Whether it is met by a range of whole numbers, in place of values."""
        return self.at_least is not None or self.under is not None

    @property
    def words(self) -> str:
        """What the clause says."""
        if self.label:
            return self.label
        if self.column is None:
            return _list_in_words(self)
        people = f"{self.who} {' or '.join(self.role)} with " if self.who else ""
        if not self.is_ranged:
            return f"{people}{self.column}: {', '.join(map(str, self.values))}"
        ends = (("from", self.at_least), ("under", self.under))
        parts = [self.column, *(f"{word} {n}" for word, n in ends if n is not None)]
        return people + " ".join(parts)


def _list_in_words(clause: "Clause") -> str:
    parts = (("", clause.all, " and "), ("", clause.any, " or "), ("not ", clause.none, " or "))
    lists = [
        f"{word}({between.join(part.words for part in clauses)})"
        for word, clauses, between in parts
        if clauses
    ]
    if len(lists) == 1 and lists[0].startswith("("):
        return lists[0][1:-1]  # one list alone needs no brackets
    return " and ".join(lists)


class Meaning(NamedTuple):
    """Which records a clause is met by, and which it may be met by."""

    certain: Rule
    """Whatever was not recorded."""
    possible: Rule
    """If what was not recorded is so."""


class Alternative(NamedTuple):
    """One clause of an `any`, of which several may be met."""

    words: str
    certain: Rule
    """Records that meet it."""


class Step(NamedTuple):
    """A clause of a definition, in its place after the others."""

    words: str
    certain: Rule
    """Records that are in after this clause and all before it."""
    possible: Rule
    """These, and those that are set apart."""
    unrecorded: Rule
    """Records that do not say whether they meet the clause."""
    fate: str
    """What becomes of them: in, out, apart, or several of these."""
    alternatives: tuple[Alternative, ...]
    """Clauses of which one must be met, where the clause is a list of them."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """Which records are meant by a word, clause by clause."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    label: str
    """The definition in a few words."""
    all: Sequence[Clause] = ()
    """Clauses that must all be met."""
    any: Sequence[Clause] = ()
    """Clauses of which one must be met."""
    none: Sequence[Clause] = ()
    """Clauses of which none may be met."""
    document: str = ""
    """Where the definition was published."""
    date: str = ""
    """When."""
    readings: Sequence[str] = ()
    """What the document leaves open, and how it is read here."""
    outer_limit: bool = False
    """Whether it says only what a definition may include: figures may count by it, no factor."""
    unchecked_codes: bool = False
    """Whether its offence codes were not held against the counting rules in force: check them."""
    name: str = ""
    """Its name under [definitions], which is filled in."""

    @cached_property
    def meaning(self) -> Meaning:
        """Records that are counted, and these with those that are set apart."""
        return _read_list(self, keeps=True, fate=None)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The funnel: clause after clause, in the order all, any, none."""
        whole, funnel = Meaning(EVERY_RECORD, EVERY_RECORD), []
        for clause, keeps in _in_order(self):
            # Read a second time with all gaps set apart, which shows which records have a gap at
            # all.
            met, open_ = (_read(clause, keeps=keeps, fate=fate) for fate in (None, "apart"))
            met = met if keeps else _turned(met)
            whole = Meaning(*(AllOf(pair) for pair in zip(whole, met, strict=True)))
            funnel.append(
                Step(
                    clause.words if keeps else f"not: {clause.words}",
                    *whole,
                    unrecorded=AllOf((open_.possible, NoneOf((open_.certain,)))),
                    fate=" or ".join(sorted(set(_fates(clause)))),
                    # What takes records out has no ways in that could be told apart.
                    alternatives=_alternatives(clause) if keeps else (),
                )
            )
        return tuple(funnel)

    @cached_property
    def tests(self) -> tuple[Has, ...]:
        """Every test of a column that telling the funnel takes, once."""
        rules = [
            rule for step in self.steps for rule in (step.certain, step.possible, step.unrecorded)
        ]
        rules += [other.certain for step in self.steps for other in step.alternatives]
        return tuple(dict.fromkeys(test for rule in rules for test in tests_of(rule)))

    @cached_property
    def about_people(self) -> tuple[Clause, ...]:
        """Its clauses about people, who are named in other sources, once."""
        # By the column that is made: clauses that ask the same are answered once.
        return tuple({clause.looks_at: clause for clause in _about_people(self)}.values())

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that it looks at, once."""
        return tuple(dict.fromkeys(test.column for test in self.tests))


_Listing = Clause | Definition


def _in_order(listing: _Listing) -> Iterator[tuple[Clause, bool]]:
    """Clauses of a list in the order of the funnel, and whether each keeps what meets it."""
    # The funnel is told in the order in which it is written, so that each number can be held
    # against its clause.
    yield from ((clause, True) for clause in listing.all)
    if listing.any:
        label = "" if len(listing.any) > 1 else listing.any[0].words
        # All of `any` is one step: its parts overlap, so that a funnel through them one by one
        # would have no order.
        yield Clause(any=listing.any, label=label), True
    yield from ((clause, False) for clause in listing.none)


def _turned(met: Meaning) -> Meaning:
    """What is certainly not met is what cannot possibly be."""
    # Negation swaps certain and possible: only what could in no way meet the clause certainly does
    # not.
    return Meaning(NoneOf((met.possible,)), NoneOf((met.certain,)))


def _read(clause: Clause, *, keeps: bool, fate: NotRecorded | None) -> Meaning:
    """The records that meet a clause.

    Parameters
    ----------
    clause
        A test or a list.
    keeps
        Whether meeting it keeps a record: under an odd number of `none` it takes it out, so that
        "in" means there that a record without a value does not meet it.
    fate
        Of what is not recorded, in place of the clauses' own.
    """
    if clause.definition is not None:
        raise ConfigError(f"The definition {clause.definition!r} is no more than a name here.")
    if clause.column is None:
        return _read_list(clause, keeps=keeps, fate=fate)
    # Kleene logic: a record without a value neither meets the clause nor fails it.
    met, missing = _tests(clause)
    becomes = fate or clause.not_recorded
    either = AnyOf((met, missing))
    if becomes == "apart":
        return Meaning(met, either)
    # Under an odd number of "none", to be let in means not to meet the clause.
    meets = (becomes == "in") == keeps
    return Meaning(either, either) if meets else Meaning(met, met)


def _read_list(listing: _Listing, *, keeps: bool, fate: NotRecorded | None) -> Meaning:
    every = [_read(clause, keeps=keeps, fate=fate) for clause in listing.all]
    if listing.any:
        some = [_read(clause, keeps=keeps, fate=fate) for clause in listing.any]
        every.append(
            Meaning(AnyOf(tuple(m.certain for m in some)), AnyOf(tuple(m.possible for m in some)))
        )
    # Each "none" turns the sense of a gap, so that a nested one turns it back.
    every += [_turned(_read(clause, keeps=not keeps, fate=fate)) for clause in listing.none]
    return Meaning(AllOf(tuple(m.certain for m in every)), AllOf(tuple(m.possible for m in every)))


def _tests(clause: Clause) -> tuple[Rule, Rule]:
    """Records that meet a test, and records in which nothing is recorded for it."""
    column = clause.looks_at or ""
    if clause.who is not None:
        # A clause about people is answered once for each offence, in a column that is made.
        return Has(column, ("yes",)), Has(column, ("",))
    return _plain_tests(clause, column)


def people_tests(clause: Clause, dictionary: "Dictionary") -> tuple[Rule, Rule]:
    """Rules, in the words of a source, of people who meet a clause and of those who do not say."""
    test = _clause_translated(replace(clause, who=None), dictionary)
    return _plain_tests(test, test.column or "")


def _plain_tests(clause: Clause, column: str) -> tuple[Rule, Rule]:
    if not clause.is_ranged:
        return Has(column, tuple(clause.values)), Has(column, ("", *clause.unknown))
    # As a list of values: a warehouse and a file then answer by the same rule.
    met = Has(column, tuple(range(_first(clause), _last(clause))))
    # Whatever is no whole number of years, such as "not known", is not recorded.
    return met, NoneOf((Has(column, tuple(YEARS)),))


def _first(clause: Clause) -> int:
    return YEARS.start if clause.at_least is None else clause.at_least


def _last(clause: Clause) -> int:
    return YEARS.stop if clause.under is None else clause.under


def _alternatives(clause: Clause) -> tuple[Alternative, ...]:
    # Beside all or none an alternative alone does not say whether a record meets the clause.
    if len(clause.any) < 2 or clause.all or clause.none:
        return ()
    return tuple(
        Alternative(part.words, _read(part, keeps=True, fate=None).certain) for part in clause.any
    )


def _about_people(listing: _Listing) -> Iterator[Clause]:
    for clause in (*listing.all, *listing.any, *listing.none):
        if clause.who is not None:
            yield clause
        yield from _about_people(clause)


def _fates(listing: _Listing) -> Iterator[str]:
    if isinstance(listing, Clause) and listing.not_recorded:
        yield listing.not_recorded
    for clause in (*listing.all, *listing.any, *listing.none):
        yield from _fates(clause)


def with_others(definition: Definition, definitions: Mapping[str, Definition]) -> Definition:
    """A definition with those that its clauses name in their place.

    Raises
    ------
    ConfigError
        It names one that is not known, or itself.
    """
    return replace(
        definition,
        all=_with_others(definition.all, definitions, (definition.name,)),
        any=_with_others(definition.any, definitions, (definition.name,)),
        none=_with_others(definition.none, definitions, (definition.name,)),
    )


def _with_others(
    clauses: Sequence[Clause], definitions: Mapping[str, Definition], within: tuple[str, ...]
) -> tuple[Clause, ...]:
    return tuple(_expanded(clause, definitions, within) for clause in clauses)


def _expanded(
    clause: Clause, definitions: Mapping[str, Definition], within: tuple[str, ...]
) -> Clause:
    name = clause.definition
    # `within` is the chain of names above: a definition that comes back to itself would be expanded
    # for ever.
    if name is not None and (name not in definitions or name in within):
        what = "names itself" if name in within else f"names {name!r}, which is no definition"
        raise ConfigError(f"The definition {within[0]} {what}.")
    lists: _Listing = clause if name is None else definitions[name]
    inside = within if name is None else (*within, name)
    return replace(
        clause,
        # The words as they were written: a funnel that showed the expanded clauses would not be
        # known again.
        label=clause.label or (clause.words if name is None else definitions[name].label),
        definition=None,
        all=_with_others(lists.all, definitions, inside),
        any=_with_others(lists.any, definitions, inside),
        none=_with_others(lists.none, definitions, inside),
    )


class Dictionary(NamedTuple):
    """What a source calls the columns and values that definitions name."""

    columns: Mapping[str, str]
    """Column of a definition to that of the source; others are called the same."""
    words: Mapping[str, Mapping[str, Sequence[Value]]]
    """Column of a definition to its values, each with those that stand for it in the source."""


def translated(definition: Definition, dictionary: Dictionary) -> Definition:
    """A definition in the words of a source."""
    return replace(
        definition,
        all=_translated(definition.all, dictionary),
        any=_translated(definition.any, dictionary),
        none=_translated(definition.none, dictionary),
    )


def _translated(clauses: Sequence[Clause], dictionary: Dictionary) -> tuple[Clause, ...]:
    return tuple(_clause_translated(clause, dictionary) for clause in clauses)


def _clause_translated(clause: Clause, dictionary: Dictionary) -> Clause:
    if clause.column is None:
        return replace(
            clause,
            all=_translated(clause.all, dictionary),
            any=_translated(clause.any, dictionary),
            none=_translated(clause.none, dictionary),
        )
    if clause.who is not None:  # the people are named elsewhere
        return clause
    words = dictionary.words.get(clause.column, {})

    def in_words_of_source(values: Sequence[Value]) -> tuple[Value, ...]:
        # A value without a translation is called the same in the source.
        return tuple(word for value in values for word in words.get(_key(value), (value,)))

    return replace(
        clause,
        # In the words of the definition, though columns and values are those of the source.
        label=clause.words,
        column=dictionary.columns.get(clause.column, clause.column),
        values=in_words_of_source(clause.values),
        unknown=in_words_of_source(clause.unknown),
    )


def _key(value: Value) -> str:
    """How a value is written as the key of a table."""
    # TOML writes true, Python True.
    return str(value).lower() if isinstance(value, bool) else str(value)


_KEYS = ("all", "any", "none")


def definition_faults(definition: Definition) -> Iterator[str]:
    """Say what is wrong with a definition, whatever the files hold."""
    if not (definition.all or definition.any or definition.none):
        yield "name at least one clause under all, any or none."
    yield from _list_faults(definition, "")


def _list_faults(listing: _Listing, place: str) -> Iterator[str]:
    for key in _KEYS:
        for i, clause in enumerate(getattr(listing, key)):
            yield from _clause_faults(clause, f"{place}{key}[{i + 1}]")


def _clause_faults(clause: Clause, place: str) -> Iterator[str]:
    lists = bool(clause.all or clause.any or clause.none)
    # A clause is one of three things; two at once would leave open how they are joined.
    if sum((clause.column is not None, lists, clause.definition is not None)) != 1:
        yield f"{place}: name a column, or clauses under all, any or none, or a definition: one."
    elif clause.column is None:
        if clause.values or clause.is_ranged or clause.unknown or clause.not_recorded:
            yield f"{place}: values and not_recorded are of a column, and none is named."
        yield from _list_faults(clause, f"{place}.")
    else:
        yield from _test_faults(clause, place)


def _test_faults(clause: Clause, place: str) -> Iterator[str]:
    if bool(clause.values) == clause.is_ranged:
        yield f"{place}: name the values that meet it, or at_least and under, and not both."
    # No default: what becomes of gaps can change a number more than the clause does.
    if clause.not_recorded is None:
        yield (
            f"{place}: say what becomes of a record in which {clause.column!r} is not recorded: "
            'not_recorded = "in", "out" or "apart".'
        )
    if (clause.who is None) != (not clause.role):
        yield f"{place}: who and role belong together: any or every person, of which roles."
    if "" in clause.values:
        yield f"{place}: an empty value is what is not recorded; say not_recorded in its place."
    both = [value for value in clause.values if value in clause.unknown]
    if both:
        yield f"{place}: {both[0]!r} cannot both meet the clause and be unknown."
    if clause.is_ranged:
        if clause.unknown:
            yield f"{place}: what is no whole number is unknown already; leave unknown out."
        if not YEARS.start <= _first(clause) < _last(clause) <= YEARS.stop:
            yield (
                f"{place}: at_least and under must be whole numbers from {YEARS.start} to "
                f"{YEARS.stop}, the first below the second."
            )
