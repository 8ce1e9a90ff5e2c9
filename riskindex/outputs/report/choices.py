"""Parts of the report about choices: what others would change, and who lives in the areas."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import pandas as pd

from riskindex.index.diagnostics import strong_pairs
from riskindex.outputs.pages import bullets, html_table, in_words, inside, paragraphs, record_table
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
    some = table if (table["selected"] == 0).all() else table[table["selected"] > 0]
    most = some.sort_values("left", ascending=False, kind="stable").iloc[0]
    without = table[(table["kind"] == "factors") & (table["left"] > 0)]
    alone = without.sort_values("left", ascending=False, kind="stable").head(1)
    if not table["left"].any():
        return f"{len(table):,} other choices were tried, one at a time: no area left the list."
    lines = [
        f"{len(table):,} other choices were tried, one at a time: half of them change "
        f"{_areas(table['left'].median())} of the list or fewer, the most "
        f"{int(most['left']):,} ({inside(str(most['choice']))})."
    ]
    lines += [
        f"Of the factors, {inside(str(row['choice'].removeprefix('Without: ')))} matters "
        f"most: {int(row['left']):,} would leave without it."
        for _, row in alone.iterrows()
        if str(row["choice"]).startswith("Without: ")
    ]
    return " ".join(lines)


def _areas(number: float) -> str:
    return f"{number:.3g} area" if number == 1 else f"{number:.3g} areas"


def _computed(released: Released) -> pd.DataFrame:
    table = released.sensitivity.choices
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
            "Of the list, stays": [_percent(share) for share in table["kept"]],
            "Note": table["note"],
        }
    )
    if (shown["Note"] == "").all():
        shown = shown.drop(columns="Note")
    for column in ("entered_codes", "left_codes"):
        if column in table:
            words = f"{column.removesuffix('_codes').capitalize()}, highest risk first"
            shown[words] = [" ".join(codes) for codes in table[column]]
    return shown


def choices_part(released: Released) -> str:
    """What if we had chosen differently, as HTML."""
    table = choice_table(released)
    if table.empty:
        return paragraphs(["No other choice was tried."])
    shown = table[[c for c in table if "highest risk" not in str(c) and c != "Note"]]
    shown = shown[table["Areas selected"].notna()]
    return (
        paragraphs([choice_sentence(released), _HOW_TRIED])
        + record_table(shown.astype(object).where(shown.notna(), "").to_dict("records"))
        + paragraphs(_not_tried(table))
        + _headed("Which choice matters most", _HOW_MATTERS, matters_table(released))
        + _headed("Weight and effect", _HOW_EFFECTIVE, effective_table(released))
        + _headed("The points that people gave", _points_given(released), points_table(released))
    )


def _headed(title: str, about: str, table: pd.DataFrame) -> str:
    """A table under its title and what a reader must know, as HTML; empty where it is."""
    if table.empty:
        return ""
    return f"<h3>{title}</h3>" + paragraphs([about]) + record_table(table.to_dict("records"))


def _not_tried(table: pd.DataFrame) -> Iterator[str]:
    """Why a choice gave no list, and why one gave an empty list."""
    if "Note" in table:
        for _, row in table[table["Note"] != ""].iterrows():
            yield f"{row['Choice']} could not be tried. {row['Note']}"
    empty = table.loc[table["Areas selected"].eq(0).fillna(False), "Choice"]
    if len(empty):
        yield (
            f"{in_words(list(empty))}: no area is selected, because none has a score above 0. In "
            "such a mean one factor that is 0 makes the whole 0."
        )


_HOW_TRIED = (
    "Each line makes the list again with one choice changed and all else as it is. What changes "
    "much deserves an argument; which areas enter and leave stands in the workbook, as far as the "
    "profile allows."
)


_HOW_MATTERS = (
    "How much of the change of the list from repeat to repeat each choice has a part in, alone or "
    "together with others (Sobol's total index by Jansen's estimator), with its 95% interval. The "
    "parts overlap and may add up to more than 100%. From few runs: read the order, not the digits."
)


def matters_table(released: Released) -> pd.DataFrame:
    """The part of every choice in how far the list changes, the largest first."""
    table = released.sensitivity.matters
    if table.empty or not (table["total"] > 0).any():
        return pd.DataFrame()
    total = [_percent(max(share, 0.0)) for share in table["total"]]
    lows, highs = (table[c].clip(lower=0.0) for c in ("total_low", "total_high"))
    between = [f"{_percent(a)} to {_percent(b)}" for a, b in zip(lows, highs, strict=True)]
    names = [f"{str(name)[:1].upper()}{str(name)[1:]}" for name in table.index]
    names = ["Chance in the counts" if name == "Counts" else name for name in names]
    return pd.DataFrame({"Choice": names, "Part in the change": total, "Interval": between})


_HOW_EFFECTIVE = (
    "The weight says how much a factor should count, its share of the index's variance how much it "
    "does. A factor that is the same almost everywhere moves little, whatever its weight."
)


def effective_table(released: Released) -> pd.DataFrame:
    """Every factor's weight beside its share of the index's variance."""
    table = released.sensitivity.effective
    if table.empty:
        return table
    return pd.DataFrame(
        {
            "Factor": released.factors["label"].reindex(table.index).to_numpy(),
            "Weight": [_percent(share) for share in table["weight"]],
            "Share of the variance": [_percent(share) for share in table["share"]],
        }
    )


def _points_given(released: Released) -> str:
    table = released.sensitivity.elicited
    people = 0 if table.empty else int(table["people"].iloc[0])
    who = "person" if people == 1 else "people"
    return f"{people:,} {who} shared out 100 points each. {_HOW_POINTS}"


_HOW_POINTS = (
    "The mean is what people agree on, the spread how far they are apart; each person's points "
    'alone are among the other choices above. With weights = "elicited" under [robustness] the '
    "repeats mix the people, so that the probability of selection holds their disagreement too."
)


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
    digits = 1 if released.profile == "internal" else 0
    words = {
        "selected": "In the selected areas",
        "rest": "In the other areas",
        "whole": "In all areas",
        "selected_mean": "Mean of the selected areas",
        "rest_mean": "Mean of the other areas",
    }
    shown = {"Share": table.index.astype(str)}
    shown |= {word: [_percent(v, digits=digits) for v in table[c]] for c, word in words.items()}
    return pd.DataFrame(shown)


def composition_part(released: Released) -> str:
    """Who lives in the selected areas, as HTML."""
    table = composition_table(released)
    if table.empty:
        return paragraphs(["No shares were given under [shares], so nothing is said here."])
    return paragraphs([_HOW_COMPOSED, *_apart(released)]) + record_table(table.to_dict("records"))


_HOW_COMPOSED = (
    "Who lives in the selected areas beside the rest: of all people or households there, and as "
    "the mean of the areas' own shares. Nothing here is scored, unless a factor says so; it shows "
    "whom the list is about, so that it can be asked whether that is meant."
)


def _apart(released: Released, *, most: float = 0.1) -> Iterator[str]:
    table = released.composition
    apart = (table["selected"] - table["rest"]).dropna()
    for name, points in apart[apart.abs() >= most].items():
        way = "more" if points > 0 else "less"
        yield f"{name}: {abs(100 * points):.0f} percentage points {way} than in the other areas."


def double_counting_part(released: Released) -> str:
    """Pairs of factors that may count one thing twice, by rule, as HTML."""
    table = double_counting_table(released)
    if table.empty:
        return ""
    return paragraphs(["What factors are made of says that these may count one thing twice:"]) + (
        record_table(table.to_dict("records"))
    )


def double_counting_table(released: Released) -> pd.DataFrame:
    """The pairs with why and what to do, and their rank correlation where it may be shown."""
    table, labels = released.double_counting, released.factors["label"]
    if table.empty:
        return pd.DataFrame()
    pairs = zip(table["one"], table["other"], strict=True)
    shown = {
        "Factors": [in_words([str(labels[one]), str(labels[other])]) for one, other in pairs],
        "Why": table["why"],
        "What to do": table["advice"],
    }
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
        "Reported and never scored, unless a factor says so.",
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


def _percent(share: float, *, digits: int = 0) -> str:
    # Adding nothing makes a zero of minus nought.
    return "" if pd.isna(share) else f"{round(100 * share, digits) + 0.0:.{digits}f}%"


def questions_part(released: Released) -> str:
    """Pairs of factors that may count one thing twice, and correlations to ask about, as HTML."""
    return double_counting_part(released) + _correlations(released)


def _correlations(released: Released) -> str:
    if released.correlations.empty:
        none = "" if released.rules else "No shares were given to compare the factors with."
        return paragraphs([none])
    labels = released.factors["label"].to_dict()
    return (
        _with_shares(released.correlations, labels)
        + paragraphs(["Factors that go together above 0.5 may count one hardship twice:"])
        + bullets(_pairs(released.correlations, labels) or ["none."])
        + paragraphs(["Every pair stands in the workbook."])
    )


def _with_shares(correlations: pd.DataFrame, labels: dict[str, str]) -> str:
    """Correlations with shares of people; without shares, the factors have each other alone."""
    if "share" not in correlations.columns.get_level_values("kind"):
        return paragraphs(["No shares were given to compare the factors with."])
    table = correlations.xs("share", axis=1, level="kind")
    table.insert(0, "Factor", [labels[f] for f in table.index])
    return paragraphs(
        [
            "Rank correlation of each factor with shares of people, which are never scored. Above "
            "0.5 either way deserves a question: who is counted here?"
        ]
    ) + html_table(table, decimals=2)


def _pairs(correlations: pd.DataFrame, labels: dict[str, str]) -> list[str]:
    return [
        f"{labels[a]} and {labels[b]}: {rho:+.2f}"
        for (a, b), rho in strong_pairs(correlations).items()
    ]
