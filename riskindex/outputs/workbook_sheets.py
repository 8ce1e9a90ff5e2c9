"""Sheets of the workbook: each a table with what a reader must know above it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import pandas as pd

from riskindex.areas.groups import profile_kind
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.assessment.run_rows import KINDS
from riskindex.cut import of_100
from riskindex.disclosure import MARKS, WITHHELD
from riskindex.outputs.report.cells import own_numbers
from riskindex.outputs.report.choices import TABLES, TableInWords
from riskindex.outputs.report.findings import new_by_district, new_sentences, scan_table
from riskindex.publication.released import Released


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One worksheet: a table with what a reader must know above it."""

    label: str
    title: str
    about: list[str]
    table: pd.DataFrame
    decimals: dict[str, int]


def mark_words(released: Released) -> list[str]:
    """The marks that may stand in a cell, with their meaning."""
    # Where nothing is withheld, a legend that names withheld counts makes a reader look for them.
    used = MARKS if released.rules else [mark for mark in MARKS if mark != WITHHELD]
    return [f"{mark} {MARKS[mark]}" for mark in used]


def sheets_of(released: Released) -> list[Sheet]:
    """All sheets that a release has something for, in the order of the contents."""
    # What is decided comes first, then what it rests on.
    makers: list[Callable[[Released], Sheet | None]] = [
        _places,
        _list,
        _all_areas,
        _factors,
        *(partial(_figures, label) for label in FIGURES),
        _tests,
        _new,
        _new_districts,
        _changed,
        _scan,
        _events,
        _definitions,
        _two_places,
        *(partial(_in_words, words) for words in TABLES),
        _correlations,
        _notes,
    ]
    return [sheet for make in makers if (sheet := make(released)) is not None]


def _list(released: Released) -> Sheet:
    return Sheet(
        label="List",
        title=f"{released.title}: the {len(released.top):,} selected areas",
        # How the list was cut stands above it: a sheet is often passed on without the report.
        about=[released.cut.explanation],
        table=_with_own_numbers(_headed(list_table(released), released), released),
        decimals={_with_scale(name, released): 1 for name in _SCALED},
    )


def _with_own_numbers(table: pd.DataFrame, released: Released) -> pd.DataFrame:
    """The list with the areas' own numbers of each factor, and the reasons last."""
    # Own numbers and not those of windows: neighbours share events, so that windows count them
    # twice.
    own = own_numbers(released, list(released.top.index.astype(str)))
    wide = pd.concat([table.reset_index(drop=True), own.reset_index(drop=True)], axis=1)
    # The longest text stands last, where it pushes no number out of sight.
    last = [name for name in ("Reasons",) if name in wide]
    return wide[[*wide.columns.drop(last), *last]]


PLACE_HEADINGS = {
    "place": "Place number",
    "name": "Place",
    "wards": "Wards",
    "district": "District",
    "teams": "Reached by the plan",
    "areas": "Areas",
    "firm": "Firm areas",
    "residents": "Residents",
    "residents_10_24": "Residents aged 10 to 24",
    "need": "Residents aged 10 to 24 weighted by the index",
    "again": "Chosen again, share of repeats",
    "factors": "Hot for, in so many areas",
    "next_door": "Areas hot only with their neighbours, or next door to a hotspot",
    "score_max": "Highest score",
    "km_across": "Kilometres across",
    "x": "Easting",
    "y": "Northing",
}


def place_table(released: Released) -> pd.DataFrame:
    """The named places, the greatest need first, with whether the teams of the plan reach them."""
    plan = released.team_plan
    if plan is None or plan.places.table.empty:
        # An empty places.csv with its headings: who reads the file by program finds the same
        # columns.
        return pd.DataFrame(columns=[c for c in PLACE_HEADINGS if c != "again"])
    # A plan may name places without a number of teams; then none is reached.
    chosen = plan.choice.best.places if plan.choice else ()
    table = plan.places.table.reset_index()
    table["teams"] = ["yes" if place in chosen else "no" for place in table["place"]]
    # Whole metres: a point of a place is no more exact.
    table = table.round({"need": 1, "score_max": 1, "km_across": 1, "x": 0, "y": 0, "again": 2})
    # Kinds of services are named by the config and have no heading of their own.
    for kind, within in plan.services_nearby.items():
        table[f"{kind} nearby"] = within.reindex(table["place"]).to_numpy()
    # Columns that only some runs have, such as services nearby, come last and move none of the
    # others.
    order = [c for c in PLACE_HEADINGS if c in table]
    return table[[*order, *(c for c in table if c not in order)]]


def _places(released: Released) -> Sheet | None:
    table = place_table(released)
    if table.empty or released.team_plan is None:
        return None
    # The sentences of the plan: a table of places without them does not say how many teams it is
    # for.
    said = released.team_plan.sentences
    return Sheet(
        label="Places",
        title=f"{released.title}: the places that the selected areas lie in",
        about=[line for line in said if line],
        table=table.rename(columns=PLACE_HEADINGS),
        decimals={PLACE_HEADINGS["need"]: 0, "Highest score": 1, "Kilometres across": 1},
    )


def _all_areas(released: Released) -> Sheet | None:
    if len(released.all_areas) > ALL_AREAS_UP_TO:
        return None
    scores = released.scores["score"].unstack("factor").reindex(released.all_areas.index)
    labels = released.factors["label"]
    table = _headed(released.all_areas.reset_index(), released)
    # In the order of the report; a factor that is mapped and tested only has no score.
    for factor in released.factors.index[released.factors.index.isin(scores.columns)]:
        table[f"Score: {labels[factor]}"] = scores[factor].to_numpy()
    return Sheet(
        label="All areas",
        title=f"{released.title}: every area assessed, in the order of its code",
        about=[_ABOUT_RANKS] if "rank" in released.all_areas else [],
        table=table,
        decimals=dict.fromkeys((c for c in table if "core" in c), 1),
    )


FIGURES_UP_TO = 5_000
"""Rows of figures that a sheet holds at most; above that the whole and districts, or the whole."""


FIGURES: Mapping[str, str] = MappingProxyType(
    {
        "Figures": "Counts, rates, shares and changes, each with its base and 95% interval",
        "Who and when": "Ages, sexes, months, weekdays and hours, each with its base and interval",
        "Areas and list": "Hot areas, the list, who lives there, and what other choices change",
    }
)
"""Sheets of the table of figures, with their titles."""


def _sheet_of_kind(kind: str) -> str:
    """Which of the sheets of figures the rows of a kind stand in."""
    return "Who and when" if kind == "mix" else "Areas and list" if kind in KINDS else "Figures"


def _figures(label: str, released: Released) -> Sheet | None:
    """Figures of every place, or of as many kinds of places as a reader can open."""
    table, kind = released.figures, profile_kind(released.group_kinds)
    table = table[table["kind"].map(_sheet_of_kind) == label]
    held = table
    # Rather whole kinds of places than the first so many rows, which would end in the middle of
    # one.
    for kinds in ([WHOLE_KIND, kind], [WHOLE_KIND]):
        if len(held) > FIGURES_UP_TO:
            held = table[table["place_kind"].isin(kinds)]
    if held.empty:
        return None
    held, left_out = held.head(FIGURES_UP_TO), len(table) - min(len(held), FIGURES_UP_TO)
    more = [f"{left_out:,} more rows are in figures.csv."] if left_out else []
    return Sheet(
        label=label,
        title=FIGURES[label],
        # Said, since Excel's and Python's own rounding differ at exact halves.
        about=["Percentages and rates are rounded half away from zero.", *more],
        table=held.rename(columns=lambda c: str(c).replace("_", " ").capitalize()),
        decimals={},
    )


_ABOUT_RANKS = "Rank 1 is the highest risk; areas with the same score share a rank."


def _factors(released: Released) -> Sheet:
    columns = {
        "label": "Factor",
        "method": "Method",
        "score": "Score by",
        "weight": "Weight",
        "recorded": "Recorded",
        "periods": "Periods",
        "sources": "Sources",
        "hot_by_period": "Areas hot, by period",
        "hot_last": "Areas hot, last period",
        "hot_without_dispersion_last": "The same without dispersion",
        "null": "What the test assumes",
    }
    return Sheet(
        label="Factors",
        title="What each factor is and how many areas it found hot",
        about=["A factor without an area at 90% confidence scores 0. The weights are choices."],
        table=released.factors[[c for c in columns if c in released.factors]].rename(
            columns=columns
        ),
        # With two digits three equal weights would add up to 0.99.
        decimals={"Weight": 3},
    )


def _tests(released: Released) -> Sheet:
    columns = {
        "factor": "Factor",
        "period": "Period",
        "method": "Method",
        "correction": "Correction",
        "assessed": "Areas assessed",
        "not_assessed": "Areas not assessed",
        "total": "Total",
        "dispersion": "Dispersion",
        "estimator": "Estimator",
        "dispersion_of_all": "Dispersion with the areas left out",
        "left_out": "Areas left out of the dispersion",
        "hot": "Areas hot",
        "hot_99": "Confidence 99",
        "hot_95": "Confidence 95",
        "hot_90": "Confidence 90",
        "next_door": "Next door to a hotspot",
        "hot_without_dispersion": "Hot without dispersion",
        "hot_all": "Hot, all periods corrected together",
        "hot_local": "Hotter than their surroundings",
        "moran_i": "Moran's I",
        "moran_p": "p of Moran's I",
        "general_g": "General G",
        "general_g_p": "p of General G",
        "neighbour_covariance": "Covariance of neighbours' ratios",
        "neighbour_z": "its z",
    }
    table = released.tests.reset_index().rename(columns=columns)
    # Labels and not short names: the workbook is read by people who never saw the config.
    table["Factor"] = table["Factor"].map(released.factors["label"])
    return Sheet(
        label="Tests",
        title="Each test for hotspots: what went in and what came out",
        about=[
            "Confidence 95 means an adjusted one-sided p of .05 or less: at most 5% of the areas "
            "listed at that level are expected to be false."
        ],
        # Columns by name: one that is new among the tests is shown only once it has a heading.
        table=table[[c for c in columns.values() if c in table]],
        decimals=_TEST_DECIMALS,
    )


_TEST_DECIMALS = {
    "Dispersion": 3,
    "Moran's I": 3,
    "p of Moran's I": 4,
    "General G": 5,
    "p of General G": 4,
    "Covariance of neighbours' ratios": 3,
    "its z": 1,
}


def _new(released: Released) -> Sheet | None:
    if released.new_hotspots.empty:
        return None
    table = released.new_hotspots.assign(
        factor=released.new_hotspots["factor"].map(released.factors["label"])
    )
    return Sheet(
        label="New hotspots",
        title="Areas hot in the last period and in none of the earlier ones",
        about=[
            "The plain published rule; it is no test of change.",
            *new_sentences(released).values(),
        ],
        table=_headed(table, released).rename(columns={"factor": "Factor"}),
        decimals={},
    )


def _new_districts(released: Released) -> Sheet | None:
    # Empty where there are no districts, too: then the sheet would repeat the one before.
    table = new_by_district(released)
    if table.empty:
        return None
    return Sheet(
        label="New by district",
        title="New hotspots by district: areas hot in the last period and in none before",
        about=["One column per factor; districts without a new hotspot are left out."],
        table=table.reset_index(),
        decimals={},
    )


def _changed(released: Released) -> Sheet | None:
    """Areas that rise or fall, and what their history is called."""
    if "change" not in released.persistence:
        return None
    # Only areas that change: thousands of lines that say "no change" would hide them.
    table = released.persistence[released.persistence["change"] != ""].reset_index()
    if table.empty:
        return None
    columns = {
        "factor": "Factor",
        "area_code": "Area code",
        "name": "Name",
        "change": "Change",
        "change_p_adjusted": "Adjusted p",
        "periods_hot": "Periods hot",
        "category": "History",
    }
    table = table.join(released.areas["name"], on="area_code")
    table["factor"] = table["factor"].map(released.factors["label"])
    return Sheet(
        label="Changes",
        title="Areas whose last period is higher or lower than their earlier ones",
        about=["By the exact test given each area's total; adjusted over the areas tested."],
        table=table[list(columns)].rename(columns=columns),
        decimals={"Adjusted p": 4},
    )


def _scan(released: Released) -> Sheet | None:
    if released.clusters_found.empty:
        return None
    return Sheet(
        label="Clusters by scan",
        title="Groups of areas that stand out together",
        about=["p is the chance that any group of a map without a cluster stands out as much."],
        table=scan_table(released),
        decimals={"Expected": 1, "Ratio": 2},
    )


def _events(released: Released) -> Sheet | None:
    if released.reconciliation.empty:
        return None
    table = released.reconciliation.reset_index()
    table["factor"] = [
        # The line of a source as a whole has no factor.
        released.factors["label"].get(factor, "(the whole source)")
        for factor in table["factor"]
    ]
    return Sheet(
        label="Events",
        title="Every event read, and what became of it",
        about=[
            "Read is the sum of the columns to its right. The first reason that applies wins.",
            "The line of a factor is about those events of its source that its own rule names.",
        ],
        table=table.rename(columns=lambda c: str(c).replace("_", " ").capitalize()),
        decimals={},
    )


def _definitions(released: Released) -> Sheet | None:
    if released.funnels.empty:
        return None
    # Measures have definitions, too, and are no factors.
    labels = {**released.factors["label"], **released.measures["label"]}
    table = released.funnels.assign(factor=released.funnels["factor"].map(labels))
    return Sheet(
        label="Definitions",
        title="What is left after each clause of a definition, of the records read",
        about=[
            "What is left, what is set apart and all that was left out so far are what was read.",
            "A record is set apart where what is not recorded could make it one or the other.",
            "Of alternatives several may be met, so that they may add up to more than is left.",
        ],
        table=table.rename(columns=lambda c: str(c).replace("_", " ").capitalize()),
        decimals={},
    )


def _two_places(released: Released) -> Sheet | None:
    if released.disagreements.empty:
        return None
    names = {
        "source": "Source",
        "area_code": "Area by code",
        "area_by_point": "Area by coordinates",
        "events": "Events",
    }
    return Sheet(
        label="Codes and points",
        title="Events whose code and coordinates lie in different areas",
        about=["The code decides. The pairs with most events of each source."],
        table=released.disagreements[list(names)].rename(columns=names),
        decimals={},
    )


def _in_words(words: TableInWords, released: Released) -> Sheet | None:
    """A sheet of a table that is in words already; none where it is empty."""
    table = words.table(released)
    if table.empty:
        return None
    return Sheet(
        label=words.label, title=words.title, about=[words.about], table=table, decimals={}
    )


def _correlations(released: Released) -> Sheet | None:
    if released.correlations.empty:
        return None
    labels = released.factors["label"].to_dict()
    table = released.correlations.copy()
    # Shares of people are no factors and are called by their own names.
    table.columns = pd.Index([labels.get(name, name) for _, name in released.correlations.columns])
    table.insert(0, "Factor", [labels[factor] for factor in table.index])
    return Sheet(
        label="Correlations",
        title="Rank correlation of each factor with shares of people and with other factors",
        about=["Above .5 either way deserves a question: who or what is counted here?"],
        table=table,
        decimals=dict.fromkeys(table.columns[1:], 2),
    )


def _notes(released: Released) -> Sheet:
    # Numbered, so that a note can be cited in a minute or a letter.
    lines = [*released.notes, *released.limits, *released.attribution]
    return Sheet(
        label="Notes",
        title="Notes on the data, the limits and whose data it is",
        about=[],
        table=pd.DataFrame({"Number": range(1, len(lines) + 1), "Note": lines}),
        decimals={},
    )


def _headed(table: pd.DataFrame, released: Released) -> pd.DataFrame:
    # Frequencies of 100 are understood where probabilities are not.
    often = {c: table[c].map(_of_100) for c in ("p_selected", "p_top") if c in table}
    table = table.assign(**often)
    groups = {kind: kind.replace("_", " ").capitalize() for kind in released.group_kinds}
    # After the headings: both renames at once would look for names that are not there yet.
    scaled = {HEADINGS[key]: _with_scale(HEADINGS[key], released) for key in ("score", "companion")}
    return table.rename(columns={**HEADINGS, **groups}).rename(columns=scaled)


_SCALED = ("Score", "Score of intensities")
"""Headings that say what their numbers mean."""


def _with_scale(heading: str, released: Released) -> str:
    return f"{heading} ({released.scale})" if released.scale else heading


def _of_100(share: float) -> int | str | None:
    """Repeats of 100 as map and report have them, a number where it is one."""
    text = of_100(share)
    # "under 1" stays words: it is neither 0 nor 1.
    return int(text) if text.isdigit() else text or None


ALL_AREAS_UP_TO = 5_000
"""Above this many areas the workbook holds the selected ones only; GIS file and CSV hold all."""


HEADINGS = {
    "area_code": "Area code",
    "rank": "Rank",
    "place": "Place",
    "name": "Name",
    "decile": "Tenth of all areas, 1 the highest risk",
    "score": "Score",
    "companion": "Score of intensities",
    "factors_hot": "Factors hot",
    "factors_own": "Hot by itself",
    "factors_neighbourhood": "Hot with its neighbours",
    "factors_both": "Hot by itself and with its neighbours",
    "factors_next_door": "Next door to a hotspot",
    "through_one_area": "Hot factors that need one area of their window",
    "selected": "Selected",
    "tied_at_cut": "Tied at the cut",
    "p_selected": "Selected in so many of 100 repeats",
    "p_top": "Truly at the top, of 100",
    "tier": "How sure",
    "rank_low": "Rank in repeats, from",
    "rank_high": "Rank in repeats, to",
    "reasons": "Reasons",
    "residents": "Residents",
    "residents_10_24": "Residents aged 10 to 24",
    "override": "Override",
    "override_reason": "Reason of the override",
}


def list_table(released: Released) -> pd.DataFrame:
    """The selected areas as one reads them: rank first, then the code, where there are ranks."""
    table = released.top.reset_index()
    return table[["rank", *table.columns.drop("rank")]] if "rank" in table else table


HOTSPOTS_TOLD = (
    "factor",
    "period",
    "area_code",
    "name",
    "observed",
    "expected",
    "ratio",
    "ratio_low",
    "ratio_high",
    "p",
    "p_adjusted",
    "confidence",
    "kind",
)
"""Columns of `hotspots.csv`."""


def hotspot_table(released: Released) -> pd.DataFrame:
    """Every test for hotspots: one line per factor, period and area."""
    table = released.hotspots.reset_index().join(released.areas["name"], on="area_code")
    return table.reindex(columns=list(HOTSPOTS_TOLD))
