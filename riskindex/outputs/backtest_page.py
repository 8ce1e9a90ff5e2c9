"""A backtest in words, pictures and tables: one page, two CSV files and the manifest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from riskindex.factors import inside
from riskindex.files.whole_folder import HeldFolder, written_whole
from riskindex.outputs import overview_map, pictures
from riskindex.outputs.manifest import write_manifest
from riskindex.outputs.pages import (
    asset,
    bullets,
    document,
    escape,
    html_table,
    in_words,
    marks_line,
    page_head,
    paragraphs,
    picture,
    record_table,
    slug,
    style_block,
)
from riskindex.outputs.workbook import write_csv
from riskindex.publication.released import Released

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = {
    "hit_rate": "Hit rate",
    "pai_land": "PAI by land",
    "pai_residents": "PAI by residents",
    "pei_areas": "PEI",
    "rri": "RRI",
}
"""Measures of the page, with their words; the CSV has them all."""

MEANING = (
    "Every list has as many areas as the index selects. Last period's events: the areas with the "
    "most events of the same kind in the last period before. All earlier events: in all periods "
    "before. Events of every kind: of all the kinds on this page, in the last period before. "
    "Residents: the most residents. Of a factor alone: the highest share.",
    "Hit rate: the share of the events of the periods held out that fell in the areas of the list "
    "(Chainey, Tompson and Uhlig 2008).",
    "PAI, the predictive accuracy index: that share over the list's share of the land, or of the "
    "residents; 1 is what areas picked at random have (Chainey, Tompson and Uhlig 2008). By land "
    "it rewards small, dense areas; by residents, areas where few people live.",
    "PEI, the predictive efficiency index: PAI over the best PAI that as many areas could have had "
    "(Hunt 2016). Shown here with areas as the size: the events caught, over the most that as many "
    "areas held. By land and by residents it stands in backtest.csv.",
    "RRI, the recapture rate index: the share caught in the periods held out over the share in the "
    "last period before; 1 means that the list kept its share (Levine 2008).",
    "Every event counts once, whatever its weight in a factor. Areas that tie are put in order by "
    "their area code.",
)
INTERVALS = (
    "In brackets: 95% intervals of a bootstrap by area ({draws:,} repeats, seed {seed}), which say "
    "how much a figure hangs on a few areas. They take areas as independent of each other, so they "
    "are rather too narrow; the best list of PEI is taken as it was. For areas picked at random: "
    "the mean and the middle 95% of as many lists. A difference is read from the same repeats."
)
REFERENCES = (
    "Chainey, Tompson and Uhlig (2008), The utility of hotspot mapping for predicting spatial "
    "patterns of crime, Security Journal 21, 4-28.",
    "Hunt (2016), Do crime hot spots move? PhD thesis, American University.",
    "Levine (2008), The 'hottest' part of a hotspot, Security Journal 21, 295-302.",
)


@dataclass(frozen=True, kw_only=True)
class ReleasedBacktest:
    """What one profile may see of a backtest; its writers accept this and nothing else."""

    released: Released
    """The run on the periods before."""
    held_out: tuple[str, ...]
    """Labels of the periods held out."""
    before: Mapping[str, str]
    """Factor to the periods that it was built on, in words."""
    targets: Mapping[str, str]
    """Target to its words."""
    labels: Mapping[str, str]
    """Method to its words."""
    table: pd.DataFrame
    """See `Backtest`."""
    lists: pd.DataFrame
    """See `Backtest`."""
    draws: int
    """Repeats of the bootstrap."""
    stays: int
    """Areas of the list before that are on the list of all periods, too."""
    notes: tuple[str, ...]
    """What had to be changed, and what an analyst should know about the data."""


def span_of(periods: Sequence[str]) -> str:
    """Periods in words: the first to the last."""
    return " to ".join(dict.fromkeys([*periods[:1], *periods[-1:]]))


def save_backtest(result: ReleasedBacktest, folder: str | Path | HeldFolder) -> None:
    """Write a backtest into one folder, whole or not at all.

    Parameters
    ----------
    result
        What one profile may see.
    folder
        New, empty, or holding an earlier result, which is replaced when all is written.

    Raises
    ------
    InputError
        The folder cannot be written, holds something else, or another run holds it.
    """
    with written_whole(folder if isinstance(folder, HeldFolder) else Path(folder)) as out:
        write_csv(result.table, out / "backtest.csv")
        # Names beside the codes: the file is read by people who know the places.
        named = result.lists.reset_index()
        named.insert(2, "name", named["area_code"].map(result.released.areas["name"]))
        write_csv(named, out / "backtest_areas.csv")
        (out / "backtest.html").write_text(_page(result), encoding="utf-8", newline="\n")
        notes = (*sentences(result), *result.notes, *result.released.notes)
        write_manifest(replace(result.released, title=_title(result), notes=notes), out)


def sentences(result: ReleasedBacktest) -> list[str]:
    """What came out, one sentence a target, and how many areas stay on the list."""
    return [*(_sentence(result, target) for target in result.targets), stays(result)]


def stays(result: ReleasedBacktest) -> str:
    """How many areas of the list before are on the list of all periods, too."""
    number = result.released.cut.selected
    return f"Of the {number:,} areas, {result.stays:,} are on the list of all periods, too."


def wide(result: ReleasedBacktest, target: str) -> pd.DataFrame:
    """One line per list, one column per measure, as text.

    Parameters
    ----------
    result
        What one profile may see.
    target
        Whose events.
    """
    rows = result.table[result.table["target"] == target]
    # The events that a list caught are the same under every measure: its first line has them.
    first = rows.drop_duplicates("method").set_index("method")
    table = pd.DataFrame({"List": [result.labels[m] for m in first.index]}, index=first.index)
    # The mean of lists picked at random is no whole number.
    table["Events caught"] = first["caught"].round().astype(int)
    for measure, words in SHOWN.items():
        part = rows[rows["measure"] == measure].set_index("method")
        table[words] = [_value(measure, row) for _, row in part.iterrows()]
    return table.reset_index(drop=True)


def hit_rates(result: ReleasedBacktest) -> pd.DataFrame:
    """One line per list, one column per target: the hit rate; + beats the index, - falls short."""
    # One table over all targets: a list that predicts one kind of event may fail at another.
    columns = {
        label: _hit(result, target).apply(lambda row: f"{row['value']:.1%}{_mark(row)}", axis=1)
        for target, label in result.targets.items()
    }
    table = pd.DataFrame(columns).reindex(list(result.labels)).dropna(how="all")
    table.insert(0, "List", [result.labels[str(method)] for method in table.index])
    # Where nothing was counted before, there is no list by counts, and so no hit rate.
    return table.fillna("–")


def _mark(row: "pd.Series[float]") -> str:
    # A sign only where the interval excludes none: most differences of hit rates are within chance.
    return {" (fewer)": " -", " (more)": " +"}.get(_verdict(row), "")


def _value(measure: str, row: "pd.Series[float]") -> str:
    if pd.isna(row["value"]):
        return "–"
    value, low, high = (_number(measure, row[c]) for c in ("value", "low", "high"))
    # Only the hit rate is a share; PAI, PEI and RRI are ratios without a unit.
    sign = "%" if measure == "hit_rate" else ""
    return f"{value}{sign}" + (f" ({low} to {high})" if low != "–" else "")


def _number(measure: str, value: float) -> str:
    if pd.isna(value):
        return "–"
    return f"{100 * value:.1f}" if measure == "hit_rate" else f"{value:.2f}"


def _title(result: ReleasedBacktest) -> str:
    return f"{result.released.title}: does it predict?"


def _held_out(result: ReleasedBacktest) -> str:
    return span_of(result.held_out)


def _hit(result: ReleasedBacktest, target: str) -> pd.DataFrame:
    table = result.table
    return table[(table["target"] == target) & (table["measure"] == "hit_rate")].set_index("method")


def _sentence(result: ReleasedBacktest, target: str) -> str:
    hit = _hit(result, target)
    # The index against simple rules: without a baseline a hit rate says nothing.
    index = hit.loc["index"]
    others = [
        f"{inside(result.labels[str(method)])} {row['value']:.1%}{_verdict(row)}"
        for method, row in hit.drop(index="index").iterrows()
    ]
    return (
        f"{result.targets[target]}: the {index['areas']:,} areas of the list built on "
        f"{result.before.get(target, 'other factors')} held {index['caught']:,.0f} of the "
        f"{index['events']:,.0f} events of {_held_out(result)}, {index['value']:.1%} "
        f"({index['low']:.1%} to {index['high']:.1%}). As many areas by other rules: "
        f"{in_words(others)}."
    )


def _verdict(row: "pd.Series[float]") -> str:
    # The index itself, and areas picked at random, have no difference from the index.
    if pd.isna(row["difference_low"]):
        return ""
    # The difference is the index less the other list, so that above 0 the other list caught fewer.
    if row["difference_low"] > 0:
        return " (fewer)"
    return " (more)" if row["difference_high"] < 0 else " (no clear difference)"


def _page(result: ReleasedBacktest) -> str:
    released = result.released
    body = "".join(
        f'<section id="{slug(title)}"><h2>{escape(title)}</h2>{content}</section>'
        for title, content in _parts(result)
    )
    lead = f"Built on earlier periods, held against {_held_out(result)}. {released.about}".strip()
    head = page_head(_title(result), profile=released.profile, lead=lead)
    return document(
        title=_title(result),
        head=style_block(asset("page.css"), asset("report.css")),
        body=f'{head}<main class="report">{marks_line(body)}{body}</main>',
    )


def _parts(result: ReleasedBacktest) -> Iterator[tuple[str, str]]:
    released = result.released
    yield (
        "In short",
        "".join(
            f'<p class="answer">{escape(_sentence(result, target))}</p>'
            # One sentence answers "does it predict"; the other targets have a section of their own.
            for target in list(result.targets)[:1]
        )
        + html_table(hit_rates(result).rename(columns={"List": "Share of the later events"}))
        + paragraphs([stays(result), INDEX_ASIDE]),
    )
    for target, label in result.targets.items():
        yield label, _target_part(result, target)
    # The seed is printed, so that a reviewer can draw the same repeats.
    how = INTERVALS.format(draws=result.draws, seed=released.config.get("seed", ""))
    built = [f"{released.factors.at[f, 'label']}: {p}." for f, p in result.before.items()]
    yield "What was built on", bullets(built)
    yield (
        "How it was measured",
        bullets([*MEANING, how]) + "<h3>References</h3>" + bullets(REFERENCES),
    )
    # "none." is said as well: a missing section would leave open whether anybody looked.
    notes = [*result.notes, *released.notes]
    yield "Notes on the data", bullets(notes or ["none."])
    yield "Limits", bullets([*LIMITS, *released.limits]) + bullets(released.attribution)


INDEX_ASIDE = (
    "+ and (more) say that another list caught more than the index beyond what the intervals allow "
    "for; - and (fewer) that it caught fewer. The index says where harm of several kinds and "
    "hardship come together, against what residents lead one to expect; it is not made to forecast "
    "counts. Where a list of plain counts has a +, it foretells recorded events better than the "
    "index does."
)
LIMITS = (
    "Events are recorded events: what is recorded where police look is also caught where police "
    "look, before and after.",
    "Where the list was acted upon in the periods held out, a lower hit rate may be its success.",
)


def _target_part(result: ReleasedBacktest, target: str) -> str:
    label, held_out = result.targets[target], _held_out(result)
    return (
        paragraphs([_sentence(result, target)])
        + picture(
            _plot(result, target),
            f"{label}: hit rate and PAI of each list, with intervals; the table has the numbers",
            f"{label} of {held_out}. The dot is the value, the line its 95% interval, the band "
            "what areas picked at random reach in 95 of 100 lists.",
        )
        + record_table(wide(result, target).to_dict("records"))
    )


def _plot(result: ReleasedBacktest, target: str) -> bytes:
    import matplotlib as mpl

    # Without residents there is no PAI by residents, and an empty panel reads as a failure.
    measures = [
        m for m in ("hit_rate", "pai_land", "pai_residents") if _has_numbers(result, target, m)
    ]
    rows = result.table[result.table["target"] == target]
    # Chance is drawn as a band behind all the lists: it is the yardstick, not a competitor.
    methods = [m for m in rows["method"].drop_duplicates() if m != "chance"]
    with mpl.rc_context(pictures.STYLE):
        # A line of the same height for each list, however many there are.
        figure, axes = pictures.canvas(7.2, 0.9 + 0.3 * len(methods), columns=len(measures))
        for axis, measure in zip(axes, measures, strict=True):
            part = rows[rows["measure"] == measure].set_index("method")
            _dots(axis, part, methods, 100.0 if measure == "hit_rate" else 1.0)
            axis.set_title(SHOWN[measure] + (", %" if measure == "hit_rate" else ""), fontsize=9)
            # matplotlib sets what stands between two dollar signs as a formula.
            names = [result.labels[m].replace("$", r"\$") for m in methods]
            axis.set_yticks(range(len(methods)), names if axis is axes[0] else [""] * len(methods))
        return pictures.png(figure)


def _has_numbers(result: ReleasedBacktest, target: str, measure: str) -> bool:
    table = result.table
    part = table[(table["target"] == target) & (table["measure"] == measure)]
    return bool(part["value"].notna().any())


def _dots(axis: "Axes", part: pd.DataFrame, methods: list[str], scale: float) -> None:
    # The middle 95% of lists picked at random: a dot inside the band is no better than luck.
    chance = part.loc["chance", ["low", "high"]]
    axis.axvspan(scale * chance["low"], scale * chance["high"], color="#D9D9D9", linewidth=0)
    for place, method in enumerate(methods):
        # One dark dot among grey ones: the eye finds the index without a legend.
        colour = overview_map.RAMP[-1] if method == "index" else "#505A5F"
        low, value, high = (scale * part.at[method, c] for c in ("low", "value", "high"))
        axis.plot([low, high], [place, place], color=colour, linewidth=1.6)
        axis.plot([value], [place], "o", color=colour, markersize=5)
    # Upside down, so that the first line of the table is the top line of the picture.
    axis.set_ylim(len(methods) - 0.5, -0.5)
    # From zero, as a cut axis would make small differences between lists look large.
    axis.set_xlim(left=0)
    axis.tick_params(length=0, labelsize=7)
    axis.spines[["top", "right", "left"]].set_visible(False)
