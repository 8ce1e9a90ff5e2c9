"""The arithmetic of a selection, in numbers and in sentences that add up to the number selected."""

import math
from collections.abc import Sequence
from typing import NamedTuple


class Cut(NamedTuple):
    """The arithmetic of a selection; it always adds up to the number selected."""

    assessed: int
    """Areas with an index."""
    rule: str
    """The rule in words."""
    target: int
    """Number of areas that the rule asks for."""
    score_at_cut: float
    """Lowest score that the rule reaches; NaN where it reaches none."""
    above_cut: int
    """Areas with a higher score."""
    tied_at_cut: int
    """Areas with exactly this score."""
    positive: int
    """Areas with a score above 0; no other is ever selected by the rule."""
    selected: int
    """Areas selected in the end."""
    overridden_in: int
    """Areas that are in by hand alone."""
    overridden_out: int
    """Areas that the rule selected and a hand took out."""
    explanation: str
    """The same in sentences."""
    entered: int = 0
    """Areas that are in only so that their group has its minimum."""
    left: int = 0
    """Areas that made room for those."""

    @property
    def computed(self) -> int:
        """Areas that the rules select, before any override."""
        return self.selected - self.overridden_in + self.overridden_out


TIE_WORDS = {
    "order": "{places:,} of these {tied:,} taken, highest intensity first",
    "include": "all of these {tied:,} taken, though only {places:,} would fit",
    "exclude": "none of these {tied:,} taken, because only {places:,} would fit",
}
"""Tie rule, a config word, to what became of the tied areas where they did not all fit."""


def explained(cut: Cut, how: str) -> Cut:
    """The same with the sentences: the rule, what scored above the cut and at it, and the sum.

    Parameters
    ----------
    cut
        The numbers, without overrides.
    how
        What became of the tied areas; empty where they all fit.
    """
    sentences = [f"{cut.rule[0].upper()}{cut.rule[1:]}."]
    # A short list looks like a mistake unless it says why.
    if cut.positive < cut.target:
        only = f"Only {areas(cut.positive)}" if cut.positive else "No area"
        sentences.append(f"{only} scored above 0, so the list is short of the {cut.target:,}.")
    if cut.selected or cut.tied_at_cut:
        at = "has" if cut.tied_at_cut == 1 else "have"
        sentences.append(
            f"{areas(cut.above_cut)} scored above the score at the cut{_at(cut)} "
            f"and {cut.tied_at_cut:,} {at} exactly it{': ' if how else ''}{how}."
        )
    # The sum at the end, so that each sentence can be checked against the numbers.
    sentences.append(f"That makes {areas(cut.selected)}.")
    return cut._replace(explanation=" ".join(sentences))


def exchanged(
    cut: Cut, entered: int, left: int, *, group: str, minimum: int, short: Sequence[str] = ()
) -> Cut:
    """The same after areas entered for the minimum of their group, and others made room.

    Parameters
    ----------
    cut
        The numbers and sentences before.
    entered, left
        Areas that came in, and areas that made room.
    group, minimum
        As in the selection.
    short
        Groups that have fewer than the minimum even so.
    """
    if not entered and not short:
        return cut
    # Numbers are carried on, so that the last sentence adds up with all before it.
    selected = cut.selected + entered - left
    fewer = f" (fewer score above 0 in {', '.join(short)})" if short else ""
    words = (
        f"So that every {group} has at least {minimum:,}{fewer}, {entered:,} from below the cut "
        f"put in and {left:,} of the lowest left out: {areas(selected)}."
    )
    explanation = f"{cut.explanation} {words}"
    return cut._replace(selected=selected, entered=entered, left=left, explanation=explanation)


def by_hand(cut: Cut, put_in: int, taken_out: int, *, given: int) -> Cut:
    """The same after so many overrides were given, some of which may have changed nothing."""
    # Without overrides the sentence about hands would only raise the question.
    if not given:
        return cut
    selected, idle = cut.selected + put_in - taken_out, given - put_in - taken_out
    words = (
        f"By hand {put_in:,} put in and {taken_out:,} taken out"
        f"{f' ({idle:,} more changed nothing)' if idle else ''}: {areas(selected)} selected."
    )
    explanation = f"{cut.explanation} {words}"
    return cut._replace(
        selected=selected, overridden_in=put_in, overridden_out=taken_out, explanation=explanation
    )


def without_score(cut: Cut) -> Cut:
    """The same for those who may not have scores: the score at the cut is left out."""
    # Out of the sentence as well: one number in words tells as much as one in a table.
    explanation = cut.explanation.replace(f"score at the cut{_at(cut)}", "score at the cut", 1)
    return cut._replace(score_at_cut=float("nan"), explanation=explanation)


def by_noised_counts(cut: Cut) -> Cut:
    """The same for a list of the protected run, for those who see the counts themselves."""
    return cut._replace(explanation=f"{_NOISED} {cut.explanation}")


def is_by_noised_counts(cut: Cut) -> bool:
    """Whether the list is one of the protected run, though the counts are shown."""
    return cut.explanation.startswith(_NOISED)


_NOISED = (
    "The list was selected by counts with noise, so that it tells of no count and is the same for "
    "all readers; scores shown elsewhere are of the counts as they are."
)


def of_100(share: float) -> str:
    """In how many of 100 repeats, the same on every page; empty where it is missing.

    It is cut and not rounded: 99.5 is not all, and 94.9 is not yet firm.

    Examples
    --------
    >>> of_100(0.995), of_100(0.949), of_100(0.004), of_100(0.29), of_100(0)
    ('99', '94', 'under 1', '29', '0')
    """
    if math.isnan(share):
        return ""
    # A hair more: 100 times .29 is 28.999999999999996.
    return "under 1" if 0 < share < 0.01 else f"{int(100 * share + 1e-9)}"


def areas(number: int) -> str:
    """So many areas, in words."""
    return f"{number:,} area" if number == 1 else f"{number:,} areas"


def _at(cut: Cut) -> str:
    return f", {cut.score_at_cut:.4g},"
