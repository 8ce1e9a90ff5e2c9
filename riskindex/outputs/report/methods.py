"""Parts of the report for review: how it was made, how sure it is, and what to do next."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from riskindex.assessment.area_rows import LIST
from riskindex.assessment.run_rows import IN_AREAS, RUN
from riskindex.cut import areas as in_areas
from riskindex.cut import of_100
from riskindex.disclosure import MARKS
from riskindex.factors import inside
from riskindex.outputs import pictures
from riskindex.outputs.pages import (
    Html,
    bullets,
    drawing,
    free,
    in_words,
    of_rows,
    paragraphs,
    percent,
    record_table,
)
from riskindex.publication.released import Released

MUCH_LOST = 0.05
"""Share of a source's events in the periods that are lost, above which review is asked for."""
# The two losses that may lie in particular places; the others are by rule, and wanted.
_LOST = ("no_location", "unknown_area")
MOST_BORDERLINE = 30
"""Borderline areas off the list in the report; the workbook has all."""


def why_sentences(released: Released) -> Iterator[str]:
    """What the selected areas have in common, and whom they hold."""
    top, every = released.top, released.all_areas
    if top.empty:
        return
    if "through_one_area" in top:
        leaning = released.row_of(f"{LIST}.leaning")
        yield from (of_rows(line, leaning) for line in _leaning(top["through_one_area"]))
    # A share of a sum with withheld parts would be too large, and would give them away.
    if "residents" in top and _all_known(every["residents"]) and every["residents"].sum() > 0:
        # Beside the share of areas: 5% of the areas may hold far more or fewer than 5% of the
        # people.
        share = top["residents"].sum() / every["residents"].sum()
        young = (
            f", {int(top['residents_10_24'].sum()):,} of them aged 10 to 24"
            if "residents_10_24" in top
            else ""
        )
        people = int(top["residents"].sum())
        names = (f"{LIST}.residents", f"{LIST}.residents_10_24")
        yield of_rows(
            f"The selected areas hold {people:,} residents ({share:.1%}){young}.",
            *(released.row_of(name, category="selected") for name in names),
        )


def _all_known(people: "pd.Series[Any]") -> bool:
    """Whether no number is withheld, so that a sum would be one."""
    return not people.map(lambda value: isinstance(value, str)).any()


def _leaning(through_one: "pd.Series[str]") -> Iterator[str]:
    # "all" of an area's hot factors: with "some" it would be hot without the one area as well.
    lone = int(through_one.str.startswith("all ").sum())
    if lone:
        yield (
            f"In {lone:,} of the selected areas nothing tested would be hot without the one area "
            "of each window that stands out most, which may be the area itself: look at what lies "
            "there."
        )


def how_sure_part(released: Released) -> str:
    """How often repeats of the run select the same areas; what there is to say without them."""
    every = released.all_areas
    if "tier" not in every or every["tier"].isna().all():
        # Without repeats, silence would be taken for certainty.
        return paragraphs([UNSURE])
    # Those on the list stand in the matrix with how sure they are; those off it would be nowhere.
    off = every[(every["tier"].astype(str) == "borderline") & ~every["selected"].astype(bool)]
    lines = [
        of_rows(released.how_sure, "manifest:/how_sure"),
        "A repeat draws the counts again as chance would, and varies the choices that the config "
        "names. It says how often the same list would come out, not whether the list is right.",
    ]
    return paragraphs(lines) + _sure_plots(released) + _borderline_table(off)


def _sure_plots(released: Released) -> str:
    """Pictures of how sure the list is, where the release has how often each is selected."""
    intervals = pictures.rank_intervals(released)
    if not intervals or "p_selected" not in released.all_areas:
        return ""
    shown = (
        (intervals, Html(f"{_INTERVALS}{_shared_rank(released)}")),
        (pictures.selection_curve(released), _FALLS),
        (pictures.reliability_plot(), _CALIBRATED),
    )
    plots = "".join(drawing(picture, words) for picture, words in shown if picture)
    return f'<div class="plots">{plots}</div>'


def _shared_rank(released: Released) -> Html:
    """Why areas on both sides of the cut may stand at one rank."""
    tied = released.cut.tied_at_cut
    if tied < 2:
        return Html()
    return of_rows(
        f" {tied:,} areas share the rank at the cut, so their bars are alike; intensity decides.",
        "manifest:/selection",
    )


_INTERVALS = (
    "Areas on both sides of the cut: rank (dot) and the middle 90% of its ranks in repeats (bar). "
    "Dark: selected. Dashed: the cut."
)
_FALLS = (
    "In how many of 100 repeats the area at each rank is selected. Dashed: the cut. The steeper "
    "the fall there, the surer the list."
)


UNSURE = (
    "This run was not repeated with counts drawn again, so nothing is said here about how often "
    "the same areas would be selected. Areas near the cut are the ones to doubt first."
)


_CALIBRATED = (
    "Not from this run: sixty generated counties, each observed twice from the same risks. Of the "
    "areas to which the first observation gives a probability (to the right), the share that the "
    "second one selects (upwards), by band; on the dashed line both are the same."
)


def _borderline_table(borderline: pd.DataFrame) -> str:
    if borderline.empty:
        return ""
    # An order by a number that is not released would give it away; codes give away nothing.
    likely = "p_selected" in borderline and "rank" in borderline
    by, down = (["p_selected", "_code"], [False, True]) if likely else (["_code"], [True])
    # By code where areas are selected as often: the same page in every run.
    ordered = borderline.assign(_code=borderline.index).sort_values(by, ascending=down)
    shown = ordered.iloc[:MOST_BORDERLINE]
    records = [_borderline_record(str(code), area) for code, area in shown.iterrows()]
    more = len(ordered) - len(shown)
    return (
        "<h3>Borderline areas off the list</h3>"
        + record_table(records, named=[str(code) for code in shown.index])
        + paragraphs([f"And {more:,} more, in the workbook."] if more else [])
    )


def _borderline_record(code: str, area: "pd.Series[Any]") -> dict[str, object]:
    record: dict[str, object] = {"Area": f"{area['name']} ({code})"}
    if "p_selected" in area:
        often = area["p_selected"]
        record["Selected, of 100 repeats"] = "" if pd.isna(often) else of_100(often)
    if "p_top" in area and pd.notna(area["p_top"]):
        record["Truly at the top, of 100"] = of_100(area["p_top"])
    # Each column only where the profile releases it.
    record |= {"Rank": area["rank"]} if "rank" in area else {}
    if pd.notna(area.get("rank_low")):
        record["Ranks in repeats"] = f"{area['rank_low']:.0f} to {area['rank_high']:.0f}"
    return record


def how_made_part(released: Released) -> str:
    """The method with the numbers that this run used."""
    return bullets(_steps(released))


# Other methods, by distance or number, are told by the word of the config.
_NEIGHBOURS = {
    "queen": "areas that share a border or a corner",
    "rook": "areas that share a border",
}
_CORRECTIONS = {
    "benjamini-hochberg": "Benjamini and Hochberg's step-up rule",
    "benjamini-yekutieli": "Benjamini and Yekutieli's step-up rule",
    "bonferroni": "Bonferroni's rule",
    "none": "no rule at all",
}


def _steps(released: Released) -> Iterator[str]:
    config = released.config
    # Areas around the study area are in windows but are not assessed, and are counted apart.
    study = len(released.all_areas) - len(released.context)
    around = f", and {len(released.context):,} around them" if released.context else ""
    yield of_rows(
        f"Areas: {study:,}{around}. Neighbours: {neighbour_words(released)}.", *map_rows(released)
    )
    yield of_rows(f"Tests: {test_words(released)}.", "manifest:/tests")
    index = config.get("index", {})
    aggregation = index.get("aggregation", "arithmetic")
    # Left out, the mean inside a group is that of the index.
    within = index.get("within_groups") or aggregation
    inside = f" (inside a group the {within} mean)" if within != aggregation else ""
    weights = _weight_words(released)
    yield of_rows(
        f"Index: the {aggregation} mean of the factors' scores{inside}, {weights}.",
        *map(str, released.factors.index),
    )
    if "seed" in config:
        yield of_rows(f"Random draws start from the seed {config['seed']}.", "manifest:/config")


def neighbour_words(released: Released) -> str:
    """What counts as a neighbour, and how many an area has."""
    method = str(released.config.get("neighbours", {}).get("method", "queen"))
    return (
        f"{_NEIGHBOURS.get(method, method)}, {released.neighbours.mean:.1f} an area on average, "
        f"{len(released.neighbours.islands):,} areas without any"
    )


def map_rows(released: Released) -> list[str]:
    """Rows of how many areas there are, and how they hang together."""
    return [released.row_of(f"{RUN}.{n}") for n in ("areas", "context", "neighbours", "islands")]


def is_tested(released: Released) -> bool:
    """Whether any factor is tested, or held against a threshold: else no area can be hot."""
    return bool((released.factors["method"] != "value").any())


def test_words(released: Released) -> str:
    """How areas are tested, and from which p on they are hot."""
    if not is_tested(released):
        return "none; every factor is a share, rate or measure as it is, and no area is called hot"
    tested = released.tests["correction"] if "correction" in released.tests else pd.Series()
    # From the tests themselves and not from the config: this is what was done.
    rules = [_CORRECTIONS.get(one, one) for one in sorted(set(tested) - {""})]
    # Factors may be tested at levels of their own, and each of these is named.
    levels = sorted({f"{float(level):g}" for level in released.factors["level"]})
    return (
        f"one-sided, per factor and period, corrected for the number of areas by "
        f"{in_words(rules)}; an area is hot at an adjusted p of {in_words(levels)} or less"
    )


def _weight_words(released: Released) -> str:
    scored = released.factors[released.factors["scored"].astype(bool)]
    # Weights are rounded as files have them, so that thirds compare as equal.
    if scored["weight"].nunique() == 1:
        return "all of the same weight"
    parts = [f"{inside(str(row['label']))} {row['weight']:g}" for _, row in scored.iterrows()]
    return f"weighted: {in_words(parts)}"


def overlap_part(released: Released) -> str:
    """Which factors find the same areas."""
    matrix = pictures.overlap_matrix(released)
    words = (
        "Areas hot for both factors, in the last period of each; the diagonal is each factor by "
        "itself. The darker, the larger the share of their areas that the two have in common."
    )
    shown = ""
    if matrix:
        shown = f'<div class="scroll strip" tabindex="0">{drawing(matrix, words)}</div>'
    return shown


def concentration_part(released: Released) -> str:
    """How far events lie in few areas; the curve is the counts, so it needs them unrounded."""
    # With protected cells the curve would be that of the noise.
    return "" if released.rules else _concentration(released)


def _concentration(released: Released) -> str:
    curves, labels = pictures.concentrations(released), released.factors["label"]
    if not curves:
        return ""
    plots = "".join(
        drawing(pictures.concentration_curve(one, str(labels[name])), str(labels[name]))
        for name, one in curves.items()
    )
    records = [
        {
            "Events of": str(labels[name]),
            "Total": round(one.total),
            "In the 5% of areas with most": percent(one.top),
            "If all areas were alike": percent(one.by_chance),
            "In the selected areas": percent(one.selected),
        }
        for name, one in curves.items()
    ]
    named = [
        " ".join(released.row_of(f"{name}.in_areas", category=category) for category in IN_AREAS)
        for name in curves
    ]
    line = (
        "Share of the events (upwards) in the areas that have most of them (to the right); the dot "
        "stands at 5% of the areas, the dashed line is an even spread. Rare events lie in few "
        "areas by chance alone: compare the two columns of the table."
    )
    return (
        paragraphs([line])
        + f'<div class="plots compact">{plots}</div>'
        + record_table(records, named=named)
    )


def protection_part(released: Released) -> str:
    """What was rounded and withheld, and what the marks stand for; empty where nothing was."""
    if released.rules is None:
        return ""
    # The rules themselves: thresholds and bases, and no figures of this run.
    rules = map(free, released.rules.sentences)
    return bullets([*rules, *(f"{mark}: {words}." for mark, words in MARKS.items())])


def next_steps_part(released: Released) -> str:
    """What a reviewer should do with this list, from what this run found."""
    # Advice to the analysts who work with the list, and not to the public.
    if released.profile == "public":
        return ""
    return "<h3>Next steps</h3>" + bullets(_next_steps(released))


def _next_steps(released: Released) -> Iterator[str]:
    """Advice where it applies, and nowhere else."""
    every = released.all_areas
    number = int((every["tier"].astype(str) == "borderline").sum()) if "tier" in every else 0
    if number:
        line = (
            f"Look one by one at the {in_areas(number)} that {'is' if number == 1 else 'are'} "
            "borderline, on the list or off it; local knowledge decides there."
        )
        yield of_rows(line, released.row_of(f"{LIST}.borderline", category="borderline"))
    elif "tier" not in every:
        yield "Look at the areas just above and just below the cut; local knowledge decides there."
    # One area at the cut ties with nobody.
    if released.cut.tied_at_cut > 1:
        line = (
            f"{released.cut.tied_at_cut:,} areas tie at the cut: agree on the rule for ties before "
            "the list is used."
        )
        yield of_rows(line, "manifest:/selection")
    police = released.factors[
        (released.factors["recorded"] == "police-generated") & released.factors["scored"]
    ]
    if len(police):
        yield (
            f"Ask what the list would be without {in_words(police['label'].map(inside).tolist())}, "
            "which show where police look, too. The what-if of map.html answers at once."
        )
    # Missing locations are rarely spread evenly, so that a loss may move hotspots.
    yield from _lost_sentences(released.reconciliation)
    # An area that is new for two factors is walked once.
    new = released.new_hotspots["area_code"].nunique() if len(released.new_hotspots) else 0
    if new:
        line = (
            f"Walk the {in_areas(new)} that {'is' if new == 1 else 'are'} newly hot (sheet New "
            "hotspots), and ask people who work there whether they know why."
        )
        yield of_rows(line, released.row_of(f"{RUN}.new"))
    if released.cut.overridden_in or released.cut.overridden_out:
        yield "Ask whether the reasons of the areas put in or taken out by hand still hold."
    # Always: weights chosen after the list is seen can be chosen for the list.
    yield "Agree on the weights before the next run, and compare that run with this one."


def _lost_sentences(reconciliation: pd.DataFrame) -> Iterator[str]:
    for at, ((source, factor), line) in enumerate(reconciliation.iterrows()):
        # Events of other years were not asked for, and are no loss.
        asked = line["read"] - line["outside_periods"]
        lost = sum(int(line[column]) for column in _LOST)
        if factor == "" and asked > 0 and lost / asked > MUCH_LOST:
            words = (
                f"{source}: {percent(lost / asked)} of the events in the periods have no usable "
                "location; ask whether they lie in particular places."
            )
            yield of_rows(words, f"manifest:/reconciliation/{at}")


_REFERENCES: tuple[tuple[Callable[[Released], bool], str], ...] = (
    (
        lambda r: _tests_by(r, "getis-ord"),
        "Ord and Getis (1995), Local spatial autocorrelation statistics, Geographical Analysis 27.",
    ),
    (
        lambda r: "general_g" in r.tests,
        "Getis and Ord (1992), The analysis of spatial association "
        "by use of distance statistics, Geographical Analysis 24.",
    ),
    (
        lambda r: "moran_i" in r.tests,
        "Moran (1950), Notes on continuous stochastic phenomena, Biometrika 37.",
    ),
    (
        lambda r: _corrects(r, "benjamini-hochberg"),
        "Benjamini and Hochberg (1995), Controlling the false discovery rate, JRSS B 57.",
    ),
    (
        lambda r: _corrects(r, "benjamini-yekutieli"),
        "Benjamini and Yekutieli (2001), The control of the false discovery rate in multiple "
        "testing under dependency, Annals of Statistics 29.",
    ),
    (
        lambda r: bool(r.factors["score"].isin(["intensity", "risk"]).any()),
        "Marshall (1991), "
        "Mapping disease and mortality rates using empirical Bayes, Applied Statistics 40.",
    ),
    (
        lambda r: bool((r.factors["score"] == "risk").any()),
        "Clayton and Kaldor (1987), Empirical "
        "Bayes estimates of age-standardized relative risks, Biometrics 43.",
    ),
    (
        lambda r: not r.clusters_found.empty,
        "Kulldorff (1997), A "
        "spatial scan statistic, Communications in Statistics: Theory and Methods 26.",
    ),
    (
        lambda r: not r.sensitivity.matters.empty,
        "Jansen (1999), Analysis of variance designs for "
        "model output, Computer Physics Communications 117.",
    ),
)
"""When a work is drawn on, and which it is."""


def references(released: Released) -> list[str]:
    """The works behind the methods that this run used."""
    # Only works whose method was used: a list of all would claim tests that nobody made.
    return [work for uses, work in _REFERENCES if uses(released)] or ["None: nothing was tested."]


def _tests_by(released: Released, method: str) -> bool:
    return bool((released.factors["method"] == method).any())


def _corrects(released: Released, rule: str) -> bool:
    return "correction" in released.tests and bool((released.tests["correction"] == rule).any())
