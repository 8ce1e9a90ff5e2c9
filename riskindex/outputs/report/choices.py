"""Parts of the report about choices: what others would change, and who lives in the areas."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import pandas as pd

from riskindex.assessment.run_rows import (
    CHOICES,
    COMPOSED,
    CORRELATION,
    HALF,
    NUMBERED,
    PEOPLE,
    RUN,
)
from riskindex.factors import inside
from riskindex.index.diagnostics import WARN_ABOVE, strong_pairs
from riskindex.outputs.pages import (
    Html,
    escape,
    html_table,
    in_words,
    of_rows,
    paragraphs,
    percent,
    record_table,
)
from riskindex.publication.released import Released

KIND_WORDS: Mapping[str, str] = {
    "factors": "A factor left out",
    "weights": "Weights",
    "people": "Points of one person",
    "scores": "From test to score",
    "normalisation": "Strength instead of hot or not",
    "aggregation": "From scores to index",
    "missing": "Areas that lack a factor",
    "tests": "Tests",
    "exposures": "What events are expected from",
    "neighbours": "Neighbours",
    "ties": "Ties at the cut",
    "number": "Number of areas",
}
"""Kind of choice, a key of `choices.KINDS`, to its words."""


def choice_sentence(released: Released) -> str:
    """What other choices would change at most, in one line; empty where none was tried."""
    table = _computed(released)
    if table.empty:
        return ""
    # A choice that empties the list makes all areas leave; it is a failed choice, not the most
    # telling one.
    some = table if (table["selected"] == 0).all() else table[table["selected"] > 0]
    most = some.sort_values("left", ascending=False, kind="stable").iloc[0]
    without = table[(table["kind"] == "factors") & (table["left"] > 0)]
    # Stable: of choices with as many areas the first named stays first, in every run.
    alone = without.sort_values("left", ascending=False, kind="stable").head(1)
    # That nothing moved is the strongest finding there can be, and is said in one line.
    if not table["left"].any():
        return f"{len(table):,} other choices were tried, one at a time: no area left the list."
    lines = [
        f"{len(table):,} other choices were tried, one at a time: half of them change "
        f"{_areas(table['left'].median())}, the most "
        f"{int(most['left']):,} ({inside(str(most['choice']))})."
    ]
    lines += [
        f"Of the factors, {inside(str(row['choice'].removeprefix('Without: ')))} matters "
        f"most: {int(row['left']):,} would leave without it."
        for _, row in alone.iterrows()
        if str(row["choice"]).startswith("Without: ")
    ]
    return " ".join(lines)


def choice_part(released: Released) -> Html:
    """`choice_sentence` with the rows that its numbers are from."""
    names = [released.row_of(f"{CHOICES}.number", category=words) for words in NUMBERED]
    names.append(released.row_of(f"{CHOICES}.left", category=HALF))
    # Which choice moves most is found in the sentence: all that move as many say the same number.
    names += [
        released.row_of(f"{CHOICES}.left", category=str(row["choice"]), by=str(row["kind"]))
        for _, row in _computed(released).iterrows()
        if inside(str(row["choice"]).removeprefix("Without: ")) in choice_sentence(released)
    ]
    return of_rows(choice_sentence(released), *names)


def choice_rows(released: Released, choices: pd.DataFrame) -> list[str]:
    """For each of some lines of `choice_table` the rows that its numbers are from."""
    kinds = {words: kind for kind, words in KIND_WORDS.items()}
    return [
        " ".join(
            filter(
                None,
                (
                    released.row_of(f"{CHOICES}.{of}", category=str(choice), by=kinds[str(kind)])
                    for of in ("selected", "entered", "left", "kept")
                ),
            )
        )
        for kind, choice in zip(choices["Kind"], choices["Choice"], strict=True)
    ]


def _areas(number: float) -> str:
    if number == 0:
        return "no area of the list"
    return f"{number:.3g} area{'s' if number != 1 else ''} of the list or fewer"


def _computed(released: Released) -> pd.DataFrame:
    table = released.sensitivity.choices
    # A note says why a choice could not be tried; such a line has no numbers.
    return table if table.empty else table[table["note"] == ""]


def choice_table(released: Released) -> pd.DataFrame:
    """Every other choice with what it changes, as one reads it; areas where a profile has them."""
    table = released.sensitivity.choices
    if table.empty:
        return table
    shown = pd.DataFrame(
        {
            "Kind": table["kind"].map(KIND_WORDS),
            "Choice": table["choice"],
            "Areas selected": table["selected"],
            "Entered": table["entered"],
            "Left": table["left"],
            "Of the list, stays": [percent(share) for share in table["kept"]],
            "Note": table["note"],
        }
    )
    # A column that is empty for every choice takes room from the words.
    if (shown["Note"] == "").all():
        shown = shown.drop(columns="Note")
    for column in ("entered_codes", "left_codes"):
        if column in table:
            words = f"{column.removesuffix('_codes').capitalize()}, highest risk first"
            # Codes and not names: a reader looks them up in the map or the list.
            shown[words] = [" ".join(codes) for codes in table[column]]
    return shown


MOST_CHOICES = 5
"""Other choices in the report, each the most telling one of its kind; the workbook has all."""


def choices_part(released: Released) -> str:
    """What if we had chosen differently, as HTML: five lines; empty where nothing was tried."""
    table = _most_telling(released)
    if table.empty:
        return ""
    shown = table[["Kind", "Choice", "Areas selected", "Entered", "Left", "Of the list, stays"]]
    parts = [f"{CHOICES}.part", *released.sensitivity.matters.index[:1]]
    matters = released.row_of(parts[0], category=str(parts[-1]))
    numbers = [released.row_of(f"{CHOICES}.number", category=words) for words in NUMBERED]
    lines = [
        choice_part(released),
        of_rows(_matters_sentence(released), matters),
        of_rows(_no_list_sentence(released), *numbers),
        of_rows(_points_sentence(released), released.row_of(f"{CHOICES}.people")),
        escape(_IN_THE_WORKBOOK),
    ]
    named = choice_rows(released, shown)
    return paragraphs([Html(" ".join(lines))]) + record_table(shown.to_dict("records"), named=named)


def _most_telling(released: Released) -> pd.DataFrame:
    """Of each kind of choice the one without which most areas would leave, the most first."""
    table = choice_table(released)
    if table.empty:
        return table
    # A choice that gave no list makes all areas leave, and would always come first.
    tried = table[table["Areas selected"].fillna(0) > 0]
    # One a kind: the five largest might all be factors left out, and say nothing of the other
    # kinds.
    most = tried.sort_values("Left", ascending=False, kind="stable").drop_duplicates("Kind")
    return most.head(MOST_CHOICES)


def _no_list_sentence(released: Released) -> str:
    """How many choices gave no list, or an empty one."""
    table = released.sensitivity.choices
    failed, empty = int((table["note"] != "").sum()), int((table["selected"] == 0).sum())
    parts = [f"{failed:,} could not be tried" if failed else ""]
    parts += [f"{empty:,} gave an empty list" if empty else ""]
    return f"{' and '.join(filter(None, parts))}: the workbook says why." if failed + empty else ""


def _matters_sentence(released: Released) -> str:
    table = matters_table(released)
    if table.empty:
        return ""
    first = table.iloc[0]
    return (
        f"Of how far the list changes from repeat to repeat, {inside(str(first['Choice']))} has "
        f"the largest part ({first['Part in the change']})."
    )


_IN_THE_WORKBOOK = (
    "Here the most telling choice of each kind, the list made again with it and all else as it is; "
    "every other, which areas enter and leave, and what each factor's weight does, stand in the "
    "workbook."
)


def matters_table(released: Released) -> pd.DataFrame:
    """The part of every choice in how far the list changes, the largest first."""
    table = released.sensitivity.matters
    if table.empty or not (table["total"] > 0).any():
        return pd.DataFrame()
    # Estimates from few runs can fall below 0 or rise above 1, where no part in a variance can be.
    shares, lows, highs = (table[c].clip(0.0, 1.0) for c in ("total", "total_low", "total_high"))
    total = [percent(share) for share in shares]
    between = [f"{percent(a)} to {percent(b)}" for a, b in zip(lows, highs, strict=True)]
    names = [f"{str(name)[:1].upper()}{str(name)[1:]}" for name in table.index]
    # "Counts" is drawn again by chance and is no choice of anybody.
    names = ["Chance in the counts" if name == "Counts" else name for name in names]
    return pd.DataFrame({"Choice": names, "Part in the change": total, "Interval": between})


def effective_table(released: Released) -> pd.DataFrame:
    """Every factor's weight beside its share of the index's variance."""
    table = released.sensitivity.effective
    if table.empty:
        return table
    return pd.DataFrame(
        {
            "Factor": released.factors["label"].reindex(table.index).to_numpy(),
            "Weight": [percent(share, decimals=1) for share in table["weight"]],
            "Share of the variance": [percent(share) for share in table["share"]],
        }
    )


def _points_sentence(released: Released) -> str:
    """How many people gave the weights; empty where they were given otherwise, or for others."""
    table = released.sensitivity.elicited
    if table.empty:
        return ""
    # Every line has the number, since each person shares out points over all factors.
    people = int(table["people"].iloc[0])
    who = "person" if people == 1 else "people"
    return f"{people:,} {who} shared out 100 points each."


def points_table(released: Released) -> pd.DataFrame:
    """Mean and spread of the points out of 100 that people gave to every factor."""
    table = released.sensitivity.elicited
    if table.empty:
        return table
    shown = {"Factor": released.factors["label"].reindex(table.index).to_numpy()}
    words = {"mean": "Mean", "sd": "Standard deviation", "low": "Lowest", "high": "Highest"}
    shown |= {
        word: ["" if pd.isna(x) else f"{x:.1f}" for x in table[c]] for c, word in words.items()
    }
    return pd.DataFrame(shown)


# Who lives there, and what may count twice


def composition_table(released: Released) -> pd.DataFrame:
    """Who lives in the selected areas and in the rest, in whole percent outside internal."""
    table = released.composition
    if table.empty:
        return table
    digits = released.decimals_of_people
    words = {
        "selected": "In the selected areas",
        "rest": "In the other areas",
        "whole": "In all areas",
        "selected_mean": "Mean of the selected areas",
        "rest_mean": "Mean of the other areas",
    }
    # Marked, as a share that decides the list is no outside check of whom it is about.
    scored = table["scored"] if "scored" in table else pd.Series(False, index=table.index)
    names = [f"{name} (scored)" if is_scored else str(name) for name, is_scored in scored.items()]
    shown = {"Share": names}
    shown |= {word: [percent(v, decimals=digits) for v in table[c]] for c, word in words.items()}
    return pd.DataFrame(shown)


def composition_part(released: Released) -> str:
    """Who lives in the selected areas, as HTML; empty without shares."""
    table = composition_table(released)
    if table.empty:
        return ""
    named = [
        " ".join(released.row_of(f"{PEOPLE}.{of}", category=str(name)) for of in COMPOSED)
        for name in released.composition.index
    ]
    return paragraphs([_HOW_COMPOSED, *_apart(released)]) + record_table(
        table.to_dict("records"), named=named
    )


_HOW_COMPOSED = (
    "Who lives in the selected areas beside the rest: of all people or households there, and as "
    "the mean of the areas' own shares. Only what is marked is scored; the rest shows whom the "
    "list is about, so that it can be asked whether that is meant."
)


def _apart(released: Released, *, most: float = 0.1) -> Iterator[str]:
    table = released.composition
    # Against the rest and not the whole, which holds the selected areas as well.
    apart = (table["selected"] - table["rest"]).dropna()
    for name, points in apart[apart.abs() >= most].items():
        way = "more" if points > 0 else "less"
        # A difference of two shares is in percentage points, and a "%" would read as a ratio.
        apart_by = percent(abs(points)).removesuffix("%")
        line = f"{name}: {apart_by} percentage points {way} than in the other areas."
        yield of_rows(line, released.row_of(f"{PEOPLE}.apart", category=str(name)))


def double_counting_part(released: Released) -> str:
    """Pairs of factors that may count one thing twice, by rule, as HTML."""
    table = double_counting_table(released)
    if table.empty:
        return ""
    pairs = zip(released.double_counting["one"], released.double_counting["other"], strict=True)
    named = [_correlation_row(released, str(one), str(other)) for one, other in pairs]
    return paragraphs(["What factors are made of says that these may count one thing twice:"]) + (
        record_table(table.to_dict("records"), named=named)
    )


def _correlation_row(released: Released, factor: str, name: str, *, by: str = "factor") -> str:
    return released.row_of(f"{factor}.{CORRELATION}", category=name, by=by)


def double_counting_table(released: Released) -> pd.DataFrame:
    """The pairs with why and what to do, and their rank correlation where it may be shown."""
    table, labels = released.double_counting, released.factors["label"]
    if table.empty:
        return pd.DataFrame()
    # By rule and not by correlation: factors made of the same records count twice however they
    # correlate.
    pairs = zip(table["one"], table["other"], strict=True)
    shown = {
        "Factors": [in_words([str(labels[one]), str(labels[other])]) for one, other in pairs],
        "Why": table["why"],
        "What to do": table["advice"],
    }
    # Releases for others leave it out: it follows from counts that they protect.
    if "rho" in table:
        shown["Rank correlation"] = ["" if pd.isna(rho) else f"{rho:+.2f}" for rho in table["rho"]]
    return pd.DataFrame(shown)


class TableInWords(NamedTuple):
    """A table in words, with what a reader must know above it."""

    label: str
    title: str
    about: str
    table: Callable[[Released], pd.DataFrame]


TABLES = (
    TableInWords(
        "Choices",
        "What if we had chosen differently: the list under every other choice",
        "Each line makes the list again with one choice changed and all else as it is.",
        choice_table,
    ),
    TableInWords(
        "What matters",
        "How much of the change of the list each choice has a part in",
        "Sobol's total index with its 95% interval, from few runs; the parts overlap.",
        matters_table,
    ),
    TableInWords(
        "Weight and effect",
        "Each factor's weight beside its share of the index's variance",
        "A factor that is the same almost everywhere moves little, whatever its weight.",
        effective_table,
    ),
    TableInWords(
        "Points given",
        "The points out of 100 that people gave to every factor",
        "The mean is the weight; the spread is how far people are apart.",
        points_table,
    ),
    TableInWords(
        "Composition",
        "Who lives in the selected areas, beside the rest",
        "Only what is marked as scored counts in the index.",
        composition_table,
    ),
    TableInWords(
        "Double counting",
        "Pairs of factors that may count one thing twice",
        "By what the factors are made of.",
        double_counting_table,
    ),
)
"""Tables for the workbook, in its order."""


def questions_part(released: Released) -> str:
    """Pairs of factors that may count one thing twice, and correlations to ask about, as HTML."""
    return double_counting_part(released) + _correlations(released)


def _correlations(released: Released) -> str:
    """Correlations, told here and nowhere else in the report; empty without any."""
    if released.correlations.empty:
        return ""
    labels = released.factors["label"].to_dict()
    names = [
        _correlation_row(released, one, other) for one, other in strong_pairs(released.correlations)
    ]
    pairs = of_rows(
        _pairs_sentence(released.correlations, labels),
        released.row_of(f"{RUN}.pairs"),
        *names[:MOST_PAIRS],
    )
    return _with_shares(released, labels) + paragraphs([pairs])


def _with_shares(released: Released, labels: dict[str, str]) -> str:
    """Correlations with shares of people; empty without shares."""
    correlations = released.correlations
    if "share" not in correlations.columns.get_level_values("kind"):
        return ""
    table = correlations.xs("share", axis=1, level="kind")
    named = [
        " ".join(_correlation_row(released, str(f), str(name), by="share") for name in table)
        for f in table.index
    ]
    table.insert(0, "Factor", [labels[f] for f in table.index])
    mind = of_rows(" ".join(_mind(correlations, labels)), *" ".join(named).split())
    return paragraphs([_ABOUT_SHARES, mind]) + html_table(table, decimals=2, named=named)


def _mind(correlations: pd.DataFrame, labels: dict[str, str]) -> Iterator[str]:
    """Factors that follow a share of people closely, which nobody meant to score."""
    for factor, row in correlations["share"].iterrows():
        # NaN, of a share that is the same everywhere, is above nothing.
        strong = [f"{name} ({rho:+.2f})" for name, rho in row.items() if abs(rho) > WARN_ABOVE]
        if strong:
            yield (
                f"Mind: {inside(labels[str(factor)])} goes with {in_words(strong)}, so it may map "
                "who lives there."
            )


_ABOUT_SHARES = (
    "Rank correlation of each factor with shares of people, which are never scored. Above 0.5 "
    "either way deserves a question: who is counted here?"
)
MOST_PAIRS = 3
"""Pairs of factors that the report names; the workbook has all."""


def _pairs_sentence(correlations: pd.DataFrame, labels: dict[str, str]) -> str:
    """How many pairs of factors go together, and the strongest of them."""
    pairs = strong_pairs(correlations)
    # That none go together is told as well: somebody has looked.
    if not pairs:
        return "No two factors go together beyond 0.5."
    named = [
        f"{inside(labels[a])} with {inside(labels[b])} ({rho:+.2f})"
        for (a, b), rho in list(pairs.items())[:MOST_PAIRS]
    ]
    number = f"{len(pairs):,} pair{'s' * (len(pairs) != 1)} of factors"
    go = "goes" if len(pairs) == 1 else "go"
    most = ", most of all" if len(pairs) > MOST_PAIRS else ":"
    return (
        f"{number} {go} together beyond 0.5 and may count one hardship twice{most} "
        f"{in_words(named)}. Every pair stands in the workbook."
    )
