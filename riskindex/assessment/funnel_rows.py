"""Funnels of definitions as figures, and as a table that a person reads."""

from collections.abc import Iterator, Mapping

import pandas as pd

from riskindex.assessment.figure_rows import GIVEN, percent
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.events.definition_funnel import USED

ALONE = "all"
"""Label of the group of events of a factor that has one alone."""


def funnel_rows(funnels: pd.DataFrame, *, labels: Mapping[str, str], whole: str) -> pd.DataFrame:
    """Funnels as rows of the table of figures: what is left after each clause, as a share of what
    was read.

    Parameters
    ----------
    funnels
        Of `tell_funnels`.
    labels
        Factor to its name in words.
    whole
        Name of the study area; records of a source may be from beyond it, before the last step.
    """
    # The group is a part of a figure's name only where a factor has several.
    alone = funnels["group"] == ALONE
    stem = funnels["factor"] + ".funnel"
    keys = ["factor", "group", "period"]
    # Step 0 is what was read, before any clause.
    read = funnels[funnels["step"] == 0].set_index(keys)["left"]
    base = read.reindex(pd.MultiIndex.from_frame(funnels[keys])).to_numpy(dtype=float)
    count = funnels["left"].astype(float)
    said = funnels["alternative"].where(funnels["alternative"] != "", funnels["clause"])
    return pd.DataFrame(
        {
            "figure": stem.where(alone, stem + ":" + funnels["group"]),
            "kind": "funnel",
            "measure": funnels["factor"].map(labels),
            "definition": funnels["definition"],
            "counted": "records",
            "place_kind": WHOLE_KIND,
            "place": whole,
            "period": funnels["period"],
            "by": "clause",
            "category": funnels["step"].astype(str) + ". " + said,
            "count": count,
            "base": base,
            "base_name": "records read of the source in the period",
            "status": GIVEN,
            "note": [_note(row) for row in funnels.itertuples()],
            **percent(count, base),
        }
    )


def _note(row: object) -> str:
    """What a row of a funnel says beside its number."""
    if getattr(row, "alternative", ""):
        # Alternatives overlap, so that only the number in the end says what one of them adds.
        ending = getattr(row, "in_the_end", 0)
        return f"one of several ways to meet the clause; {ending:,} of them in the end"
    sentences = []
    unsaid, apart = getattr(row, "not_recorded", pd.NA), getattr(row, "set_apart", pd.NA)
    if pd.notna(unsaid) and unsaid:
        sentences.append(f"{unsaid:,} do not say: {getattr(row, 'fate', '')}")
    # What is set apart makes the count a range, whose lower end is what is left.
    if pd.notna(apart) and apart:
        least = getattr(row, "left", 0)
        sentences.append(
            f"{least:,} to {least + apart:,} by what is not recorded, which is set apart"
        )
    return "; ".join(sentences)


def funnel_tables(
    funnels: pd.DataFrame, labels: Mapping[str, str]
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each funnel in its last period, under a title, as a person reads it."""
    if funnels.empty:
        return
    for (factor, group), part in funnels.groupby(["factor", "group"], sort=False):
        # The last period for a person; the table of figures has all of them.
        last = part[part["period"] == part["period"].iloc[-1]]
        # The last step, records that can be used, is told only where it takes something out.
        last = last[(last["clause"] != USED) | (last["left_out"] > 0)]
        name, period = last[["definition", "period"]].iloc[0]
        more = "" if group == ALONE else f", {group}"
        title = f"{labels.get(str(factor), factor)}{more}, {period}, by the definition {name}"
        inner = last["alternative"] != ""
        words = last["clause"].mask(inner, "    of which " + last["alternative"])
        yield (
            title,
            pd.DataFrame(
                {
                    "Clause": words.to_numpy(),
                    "Left": _shown(last["left"]),
                    "Out": _shown(last["left_out"]),
                    "Apart": _shown(last["set_apart"]),
                    "Not recorded": _shown(last["not_recorded"]),
                    "In the end": _shown(last["in_the_end"].where(inner)),
                }
            ),
        )


def _shown(numbers: "pd.Series[int]") -> list[str]:
    return ["" if pd.isna(number) else f"{number:,}" for number in numbers]
