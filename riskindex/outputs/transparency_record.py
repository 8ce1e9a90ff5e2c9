"""The fields of an Algorithmic Transparency record, with what a run knows of their answers.

The fields follow the template of the Algorithmic Transparency Recording Standard, version 3.0 (UK
government, "Algorithmic Transparency Recording Standard: guidance for public sector bodies",
updated 8 May 2025, https://www.gov.uk/government/collections/algorithmic-transparency-recording-
standard-hub). A police force or council need not publish one; it may, and the questions are good.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from riskindex.factors import inside
from riskindex.outputs.manifest import versions
from riskindex.outputs.pages import in_words
from riskindex.publication.released import Released

SOURCE = (
    "Algorithmic Transparency Recording Standard, template version 3.0; guidance for public sector "
    "bodies, updated 8 May 2025 "
    "(www.gov.uk/government/collections/algorithmic-transparency-recording-standard-hub). Compare "
    "with the template in force before publishing."
)


class Field(NamedTuple):
    """One field of the record."""

    section: str
    name: str
    answer: Callable[[Released], str]
    """What the run knows of the answer; "" where only a person can say."""
    asked: str
    """What a person must write; "" where nothing is left to say."""


def fields() -> tuple[Field, ...]:
    """Every field of the record, in the order of the template."""
    return _FIELDS


def _only(text: str) -> Callable[[Released], str]:
    return lambda _: text


_nothing = _only("")


def _what_it_does(released: Released) -> str:
    return (
        f"Puts {released.cut.assessed:,} small areas of {released.place} in the order of an index "
        f"of {len(_scored(released))} factors, and selects {_chosen(released)}. {released.about}"
    ).strip()


def _chosen(released: Released) -> str:
    return f"{released.cut.selected:,} areas ({released.cut.rule})"


def _scored(released: Released) -> list[str]:
    chosen = released.factors["scored"].astype(bool)
    return [inside(str(label)) for label in released.factors.loc[chosen, "label"]]


def _scale(released: Released) -> str:
    # Factors may score on different scales, and then no one scale can be named.
    return f" ({released.scale})" if released.scale else ""


def _how(released: Released) -> str:
    return (
        f"Factors: {in_words(_scored(released))}. Events are counted per area and period, each "
        "factor that is tested is tested for hotspots with a correction for testing many areas; "
        f"each is turned into a score{_scale(released)}, weighted into one index, and the areas "
        "with the highest index are selected by a stated rule. The report that comes with this "
        "page has the numbers."
    )


def _model(released: Released) -> str:
    # Sorted, as a set has another order in every run of Python.
    methods = sorted(set(released.factors["method"].astype(str)))
    aggregation = released.config.get("index", {}).get("aggregation", "arithmetic")
    return (
        f"Statistical tests ({in_words(methods)}) and a weighted {aggregation} mean. Nothing is "
        "learnt from data: there is no training, and every weight is a choice that is printed."
    )


def _performance(released: Released) -> str:
    return (
        f"{released.how_sure} riskindex backtest says what a list built on earlier periods would "
        "have caught in the next."
    ).strip()


def _data(released: Released) -> str:
    # Every factor, scored or not: the record asks which data are used, not which decide.
    labels = [inside(str(label)) for label in released.factors["label"]]
    return f"{released.period_label}. Counts or shares of: {in_words(labels)}."


def _events(released: Released) -> str:
    if released.reconciliation.empty:
        return f"{released.cut.assessed:,} areas; numbers of events are in the internal result."
    # The lines of factors are about the same events again.
    own = released.reconciliation.xs("", level="factor")
    return f"{int(own['counted'].sum()):,} events in {released.cut.assessed:,} areas."


def _restricted(released: Released) -> str:
    # Without restricted sources the factors have no such column.
    chosen = released.factors.get("restricted")
    beside, scored = released.composition, _scored(released)
    if "scored" in beside:
        beside = beside[~beside["scored"].astype(bool)]
    # A share may be scored as a factor of the same name; to call it never scored would be false.
    shares = [name for name in map(inside, beside.index.astype(str)) if name not in scored]
    lines = [f"Reported beside the list and never scored: {in_words(shares)}."] if shares else []
    if chosen is not None and chosen.astype(bool).any():
        labels = [
            inside(str(label)) for label in released.factors.loc[chosen.astype(bool), "label"]
        ]
        lines.insert(0, f"From restricted sources: {in_words(labels)}.")
    return " ".join(lines)


def _versions(_: Released) -> str:
    return f"riskindex {versions()['riskindex']}"


def _risks(released: Released) -> Iterator[str]:
    yield "Recording differs between places: events that are never reported are not in the list."
    by_police = released.factors["recorded"].astype(str) == "police-generated"
    if by_police.any():
        labels = [inside(str(label)) for label in released.factors.loc[by_police, "label"]]
        yield (
            f"Feedback: {in_words(labels)} show where police look, too; the report says what the "
            "list is without them."
        )
    yield "An area is taken for its people: no output names or scores a person."
    yield "A small count gives a person away: counts of restricted sources leave with noise."
    yield "False precision: the list says how often each area would be selected again."


# Headings in the template's words, so that the answers can be copied across field by field.
_T1, _OWNER = "Tier 1: overview", "Tier 2, 1: owner and responsibility"
_WHY, _DECIDE = "Tier 2, 2: description and rationale", "Tier 2, 3: decision-making process"
_TOOL, _MODEL = "Tier 2, 4: tool specification", "Tier 2, 4: model specification"
_DATA, _RISK = "Tier 2, 4: data specification", "Tier 2, 5: risks and impact assessments"

_FIELDS = (
    Field(_T1, "Name", lambda released: released.title, ""),
    Field(_T1, "Description", _what_it_does, "Who uses the list, for what, and why it is needed."),
    Field(_T1, "Website URL", _nothing, "Where the public can read more."),
    Field(_T1, "Contact email", _nothing, "A shared mailbox."),
    Field(_OWNER, "Organisation or department", _nothing, "Name."),
    Field(_OWNER, "Team", _nothing, "Name."),
    Field(_OWNER, "Senior responsible owner", _nothing, "Role title."),
    Field(
        _OWNER,
        "External supplier involvement",
        _nothing,
        "Yes or no; if yes: supplier, Companies House number, role, procurement procedure type, "
        "terms of access to data.",
    ),
    Field(_WHY, "Detailed description", _how, ""),
    Field(
        _WHY,
        "Scope",
        _only("Choosing small areas for a service. Not for decisions about individuals."),
        "What it is not used for here.",
    ),
    Field(_WHY, "Benefits", _nothing, "What is expected, and how it will be measured."),
    Field(_WHY, "Previous process", _nothing, "How areas were chosen before."),
    Field(
        _WHY,
        "Alternatives considered",
        _only(
            "Other ways to make the list were tried and measured: see Assumptions and decisions."
        ),
        "Other ways to choose, such as last year's counts alone.",
    ),
    Field(
        _DECIDE,
        "Process integration",
        _nothing,
        "Who receives the list, and at which step of which decision.",
    ),
    Field(
        _DECIDE,
        "Provided information",
        _only(
            "A list with the reason for each area, a map, a report, a profile per district, "
            "tables, and how sure each area's place on the list is."
        ),
        "",
    ),
    Field(
        _DECIDE,
        "Frequency and scale of usage",
        lambda released: f"{released.cut.assessed:,} areas.",
        "How often it is run.",
    ),
    Field(
        _DECIDE,
        "Human decisions and review",
        _nothing,
        "Who may put areas in or take them out, and how that is written down.",
    ),
    Field(_DECIDE, "Required training", _nothing, "For those who run it and those who read it."),
    Field(
        _DECIDE,
        "Appeals and review",
        _nothing,
        "How a person or a community can question the list, and the decision made with it.",
    ),
    Field(
        _TOOL,
        "System architecture",
        _only(
            "A program that runs on one machine, reads local files and writes files; nothing "
            "is sent anywhere, and the pages load nothing."
        ),
        "",
    ),
    Field(
        _TOOL, "Phase", _nothing, "Idea, design, development, production, beta or pilot, retired."
    ),
    Field(
        _TOOL,
        "System-level input",
        _only("Tables of events, census tables and boundaries, as the data log lists them."),
        "",
    ),
    Field(_TOOL, "System-level output", lambda released: f"A list of {_chosen(released)}.", ""),
    Field(_TOOL, "Maintenance", _nothing, "Who keeps it up to date, and when it is reviewed."),
    Field(_MODEL, "Model name and version", _versions, ""),
    Field(_MODEL, "Model task", _only("To order areas and to select some of them."), ""),
    Field(_MODEL, "Model architecture", _model, ""),
    # A backtest is another run with its own folder, so that its result has to be written in by
    # hand.
    Field(_MODEL, "Model performance", _performance, "Result of the back-test."),
    Field(
        _MODEL,
        "Datasets and their purposes",
        _only("No data set trains or tunes anything; each factor measures one thing."),
        "",
    ),
    Field(
        _DATA,
        "Source data name",
        lambda released: " ".join(released.attribution),
        "Name and owner of each restricted source.",
    ),
    Field(
        _DATA,
        "Data modality",
        _only("Tables: events with date and place, census counts, boundaries."),
        "",
    ),
    Field(_DATA, "Data description", _data, ""),
    Field(_DATA, "Data quantities", _events, ""),
    Field(_DATA, "Sensitive attributes", _restricted, "Personal and special category data used."),
    Field(
        _DATA,
        "Data completeness and representativeness",
        # The first limit is about recording; the others are about the use of the list.
        lambda released: " ".join(released.limits[:1]),
        "What is known to be missing here.",
    ),
    Field(_DATA, "Data collection", _nothing, "Why the data were first collected, and by whom."),
    Field(
        _DATA,
        "Data cleaning",
        _only(
            "Every event is counted or listed with the reason why not; nothing is dropped in "
            "silence."
        ),
        "",
    ),
    Field(_DATA, "Data sharing agreements", _nothing, "With whom, and for what."),
    Field(_DATA, "Data access and storage", _nothing, "Who has access, where, for how long."),
    Field(
        _RISK,
        "Impact assessments",
        _nothing,
        "Data protection and equality impact assessments: date, summary, link.",
    ),
    Field(
        _RISK,
        "Risks and mitigations",
        lambda released: " ".join(_risks(released)),
        "Risks of this use, and who watches them.",
    ),
)
