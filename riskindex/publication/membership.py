"""Membership: whether the list itself may leave, as being on it bounds the counts behind it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from riskindex.errors import DisclosureError

if TYPE_CHECKING:
    from riskindex.config import Config

LEAST_FACTORS, LEAST_SHARE = 3, 0.10
"""The true list leaves where so many restricted factors each have such a share of the index's
variance: then no single count decides who is on it."""
LEAST_KEPT = 0.90
"""A list of noised counts must keep such a share of its areas from one key to another."""


def refuse_telling_list(
    config: "Config", shares: "pd.Series[float]", closed: Sequence[str]
) -> None:
    """Refuse the public a list that is decided by one or two restricted factors.

    Parameters
    ----------
    config
        Its `release.membership` and labels of factors.
    shares
        Each scored factor's share of the index's variance, of `effective_shares`; empty where the
        index has no shares.
    closed
        Names of the restricted factors.

    Raises
    ------
    DisclosureError
        With the shares, and what to do.
    """
    # Who is on the list is an inequality in the counts of each area. With one restricted factor
    # beside census ones that inequality can be inverted; with three strong ones it holds no single
    # count.
    mine = shares[shares.index.isin(list(closed))]
    # A list chosen by noised counts tells of those alone, and a list without a restricted factor
    # tells of nobody.
    if config.release.membership == "protected" or not len(_scored(config, closed)):
        return
    if int((mine >= LEAST_SHARE).sum()) >= LEAST_FACTORS:
        return
    labels = {factor.name: factor.label for factor in config.factors}
    listed = ", ".join(f"{labels[str(name)]} {share:.0%}" for name, share in mine.items())
    raise DisclosureError(
        "not published: which areas are on the list would tell of the counts of single factors. "
        f"Of the index's variance the restricted factors have {listed or 'no known share'}; the "
        f"list leaves where at least {LEAST_FACTORS} have {LEAST_SHARE:.0%} or more each. Set "
        'membership = "protected" under [release], which selects by noised counts in all profiles, '
        "or keep the result internal or for partners."
    )


def _scored(config: "Config", closed: Sequence[str]) -> list[str]:
    return [f.name for f in config.factors if f.scored and f.name in set(closed)]


def refuse_unsteady_list(lists: Sequence["pd.Series[bool]"]) -> None:
    """Refuse a list of noised counts that is mostly noise.

    Parameters
    ----------
    lists
        Selected or not, by area: of the release key first, then of other keys.

    Raises
    ------
    DisclosureError
        On average fewer than 90% of the list stay under another key.
    """
    # The release key decides the list that leaves; other keys only say how much of it is noise.
    first, *others = lists
    # An empty list keeps nothing and must not divide by 0.
    chosen = max(int(first.sum()), 1)
    kept = [int((first & other).sum()) for other in others]
    # One division of whole numbers: 85% and 95% are 90% on average, which sums of shares may miss.
    mean = sum(kept) / (chosen * len(others))
    if mean < LEAST_KEPT:
        raise DisclosureError(
            f"not published: of the list that the noised counts select only {mean:.0%} stay under "
            f"other keys, less than {LEAST_KEPT:.0%}: it would be mostly noise. Use more events "
            "(longer periods, windows), or keep the result internal or for partners."
        )
