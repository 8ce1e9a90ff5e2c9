"""The governance page: what was checked and decided, and where a person must still write."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from riskindex.assessment.run_rows import CHOICES, RUN
from riskindex.outputs.manifest import versions
from riskindex.outputs.pages import (
    Html,
    asset,
    bullets,
    document,
    escape,
    free,
    html_table,
    in_words,
    link,
    marks_line,
    of_rows,
    page_head,
    paragraphs,
    print_mark,
    record_table,
    slug,
    style_block,
)
from riskindex.outputs.report.choices import (
    choice_part,
    choice_rows,
    choice_table,
    composition_part,
    double_counting_part,
)
from riskindex.outputs.report.factors import METHODS, score_words
from riskindex.outputs.report.methods import (
    map_rows,
    neighbour_words,
    protection_part,
    test_words,
)
from riskindex.outputs.report.records import data_part
from riskindex.outputs.transparency_record import SOURCE, fields
from riskindex.publication.released import Released

TODO = "TO COMPLETE"


def write_governance(released: Released, path: Path) -> None:
    """Write the page that goes with a list to those who answer for it.

    What the run knows is filled in; where a person must write stands `TO COMPLETE`, in a field
    that can be typed into in a browser before the page is printed or saved.

    Parameters
    ----------
    released
        What the profile may see.
    path
        The file.
    """
    parts = {title: make(released) for title, make in _SECTIONS.items()}
    # A heading with nothing under it would look as if somebody had forgotten to fill it in.
    filled = {title: part for title, part in parts.items() if part}
    body = "".join(
        f'<section id="{slug(title)}"><h2>{escape(title)}</h2>{part}</section>'
        for title, part in filled.items()
    )
    contents = "".join(f"<li>{link(f'#{slug(title)}', title)}</li>" for title in filled)
    title = f"Governance{_draft(body)}: {released.title}"
    head = page_head(title, profile=released.profile, lead=released.lead)
    sheets = (asset("page.css"), asset("report.css"), asset("governance.css"))
    html = document(
        title=f"{released.title}: governance",
        head=style_block(*sheets, print_mark(released.profile)),
        body=f'{head}<main class="report governance">{_start(body)}{marks_line(body)}'
        f'<nav aria-label="Contents"><ul class="contents">{contents}</ul></nav>{body}</main>',
    )
    path.write_text(html, encoding="utf-8", newline="\n")


def _draft(body: str) -> str:
    """A page on which a person has still to write is a draft, and says so at its head."""
    return ", draft" if TODO in body else ""


def _start(body: str) -> str:
    # Counted on the page itself, so that the number is right whatever the release left out.
    left = body.count('class="todo"')
    line = (
        f"What the run knows is filled in. {left:,} places marked {TODO} are for a person: click "
        "into one and type, then print the page or save it. Nothing typed leaves this page."
    )
    return paragraphs([line])


def todo(hint: str) -> Html:
    """A field for a person, with what belongs in it."""
    return Html(
        # Typed into in the browser and printed or saved: no script and no server has to be allowed
        # for it.
        f'<span class="todo" contenteditable="true" role="textbox" aria-multiline="true" '
        f'aria-label="{escape(hint)}">{TODO}: {escape(hint)}</span>'
    )


# What was run, and checked


def _run_part(released: Released) -> str:
    records = [
        (
            "Study area",
            of_rows(f"{released.place}: {released.cut.assessed:,} areas assessed", _CUT),
        ),
        ("List", of_rows(f"{released.cut.selected:,} areas. {released.cut.explanation}", _CUT)),
        ("Release profile", released.profile),
        (
            "Program",
            of_rows(
                f"riskindex {versions()['riskindex']}; all versions are in manifest.json",
                "manifest:/versions",
            ),
        ),
        (
            "Purpose and lawful basis",
            todo("the decision the list serves; the law"),
        ),
        ("Run by, and when", todo("name, role, date")),
    ]
    return _pairs(records)


_CUT = "manifest:/selection"


def _pairs(records: Sequence[tuple[str, str]]) -> str:
    return record_table([{"What": name, "Answer": text} for name, text in records])


def _checks_part(released: Released) -> str:
    records = [{"Check": name, "Found": outcome} for name, outcome in _checks(released)]
    # What no program can know of itself: whether people looked, and what they found.
    records += [
        {"Check": "Files are as they were written", "Found": todo("result of riskindex verify")},
        {"Check": "List looked at by people who know the areas", "Found": todo("who, when, what")},
        {"Check": "Numbers checked by a second analyst", "Found": todo("name, date")},
    ]
    # Without restricted sources nothing leaves as protected cells, and nothing has to be checked.
    if released.rules:
        records.append({"Check": "Restricted counts leave as protected cells", "Found": _CELLS})
    return record_table(records)


_CELLS = (
    "noise from the records and a private key, a threshold, and rounding; only the whole's yearly "
    "counts are exact (see Release)"
)


def _checks(released: Released) -> Iterator[tuple[str, str]]:
    if not released.reconciliation.empty:
        table = released.reconciliation
        # Added up again here rather than asserted: this is the check that a reader signs for.
        lines = int((table["read"] == table.drop(columns="read").sum(axis=1)).sum())
        yield (
            "Every event is counted, or not counted for a stated reason",
            of_rows(
                f"{lines:,} of {len(table):,} lines add up (see Data log)",
                *(f"manifest:/reconciliation/{k}" for k in range(len(table))),
            ),
        )
    # An island has nobody in its window but itself, so that its own few events decide alone.
    islands = len(released.neighbours.islands)
    yield "Areas without a neighbour", of_rows(f"{islands:,}", released.row_of(f"{RUN}.islands"))
    # A protected factor has no such number, and missing is not more than 0.
    lacking = released.tests["not_assessed"].astype("Int64")
    names = [_label(released, key) for key in lacking.index[lacking > 0]]
    yield "Factors not assessed everywhere", in_words(list(dict.fromkeys(names))) or "none"
    # Missing is not 0: where hot areas are not released, nothing is said of them.
    quiet = released.factors.index[released.factors["hot_last"] == 0]
    shown = released.factors["hot_last"].notna()
    yield (
        "Factors without a hot area in the last period"
        + ", of those whose hot areas are shown" * (not shown.all()),
        in_words([str(released.factors.at[factor, "label"]) for factor in quiet]) or "none",
    )
    yield (
        "Areas that tie at the cut",
        of_rows(
            f"{released.cut.tied_at_cut:,}; {released.flags_tie:,} if factors said only hot or not",
            _CUT,
            "manifest:/tied_by_flags_alone",
        ),
    )
    yield (
        "Areas put in or taken out by hand",
        of_rows(f"{released.cut.overridden_in:,} in, {released.cut.overridden_out:,} out", _CUT),
    )
    sure = of_rows(released.how_sure, "manifest:/how_sure") if released.how_sure else ""
    yield "How sure the list is", sure or "the run was not repeated"
    twice = of_rows(f"{len(released.double_counting):,}", released.row_of(f"{RUN}.twice"))
    yield "Pairs of factors that may count one thing twice", twice


def _label(released: Released, key: tuple[str, str]) -> str:
    return str(released.factors.at[key[0], "label"])


# What was decided


def _decisions_part(released: Released) -> str:
    records = [
        {
            "Decision": decision,
            "Chosen": chosen,
            "What other choices change": _effect(released, kind),
            "Decided by, and why": todo("who, when, why"),
        }
        for decision, chosen, kind in _decisions(released)
    ]
    return (
        paragraphs([choice_part(released)])
        + record_table(records)
        + "<h3>Each factor</h3>"
        + html_table(_factor_table(released), named=list(map(str, released.factors.index)))
        + double_counting_part(released)
        + _every_choice(released)
    )


def _decisions(released: Released) -> Iterator[tuple[str, str, str]]:
    config = released.config
    index, selection = config.get("index", {}), config.get("selection", {})
    scored = released.factors[released.factors["scored"].astype(bool)]
    weights = [f"{row['label']} {row['weight']:g}" for _, row in scored.iterrows()]
    # Each way once: the table of factors beneath says which factor has which.
    scores = sorted(set(score_words(scored)))
    named = list(map(str, scored.index))
    count = of_rows(f"{len(scored)}: see Each factor", *named)
    yield "Which factors are in the index", count, "factors"
    given = f"{in_words(weights)} ({index.get('weights', 'normalised')})"
    yield "Weights", of_rows(given, *named), "weights"
    yield "From test to score", "; ".join(scores), "scores"
    yield "From scores to index", f"{index.get('aggregation', 'arithmetic')} mean", "aggregation"
    # The default is spelled out, as a choice nobody made is still one to answer for.
    missing = str(index.get("missing", "not-assessed"))
    yield "Areas that lack a factor", _MISSING.get(missing, missing), "missing"
    neighbours = of_rows(neighbour_words(released), *map_rows(released))
    yield "Neighbours", neighbours, "neighbours"
    yield "Tests", of_rows(test_words(released), "manifest:/tests"), "tests"
    yield "Number of areas", of_rows(released.cut.rule, _CUT), "number"
    ties = str(selection.get("ties", "order"))
    yield "Ties at the cut", _TIES.get(ties, ties), "ties"


_MISSING = {
    "not-assessed": "an area that lacks a factor's score has no index",
    "rest": "the other factors share the weight",
}
_TIES = {
    "order": "put in order by the strength of what was found",
    "include": "all are selected",
    "exclude": "none is selected",
}


def _effect(released: Released, kind: str) -> str:
    """How many areas leave the list under the other choices of a kind."""
    table = released.sensitivity.choices
    if table.empty:
        return "not measured"
    # A choice with a note could not be computed and moved nobody.
    left = table.loc[(table["kind"] == kind) & (table["note"] == "")]
    if left.empty:
        return "no other choice was tried"
    # The larger of entered and left: a choice that only lengthens the list changes it, too.
    moved = left[["entered", "left"]].max(axis=1)
    low, high = int(moved.min()), int(moved.max())
    areas = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    named = [
        [released.row_of(f"{CHOICES}.{of}", category=str(choice), by=kind) for of in _MOVED]
        for choice in left["choice"]
    ]
    change = of_rows(f"{areas} areas change", *(name for both in named for name in both))
    # As many as there are rows of areas that leave, one a choice.
    tried = of_rows(f"{len(left):,} other choices", *(leave for _, leave in named))
    return Html(f"{change} ({tried})")


_MOVED = ("entered", "left")


def _factor_table(released: Released) -> pd.DataFrame:
    table = released.factors
    shown = pd.DataFrame(
        {
            "Factor": table["label"],
            "Method": table["method"].map(METHODS),
            "Periods": table["periods"],
            "Score": score_words(table),
            "Weight": table["weight"],
            "Recorded": table["recorded"],
        }
    )
    if "restricted" in table:
        # Only where there are any: a column of "no" makes a reader look for what is hidden.
        shown["Restricted source"] = table["restricted"].map({True: "yes", False: "no"})
    return shown


def _every_choice(released: Released) -> str:
    table = choice_table(released)
    if table.empty:
        return ""
    # The columns of area codes are in the workbook; on paper they would fill the page.
    shown = table[[c for c in table if "highest risk" not in str(c)]]
    lines = shown.astype(object).where(shown.notna(), "").to_dict("records")
    named = choice_rows(released, table)
    return f"<h3>Every other choice, measured</h3>{record_table(lines, named=named)}"


# The data, the people, the release


def _data_log(released: Released) -> str:
    records = [
        ("Owners of the data, and agreements", todo("per source: owner, agreement, date")),
        ("Kept until, and deleted by", todo("date, role")),
    ]
    log = data_part(released) or paragraphs(
        ["Files, rows and losses are in the internal result; they are not part of this release."]
    )
    return log + _pairs(records)


def _limits_part(released: Released) -> str:
    return bullets(released.limits) + _pairs(
        [
            (
                "What is known to be missing or wrong here",
                todo("for example changes of recording, areas with many visitors, new housing"),
            ),
            (
                "What the list must not be used for",
                todo("beyond: not for decisions about individuals"),
            ),
        ]
    )


def _equality_part(released: Released) -> str:
    return composition_part(released) + _pairs(
        [
            (
                "Who gains and who may lose by the selection",
                todo("groups with protected characteristics, in the selected areas and outside"),
            ),
            ("Equality impact assessment", todo("date, author, where it is kept")),
            (
                "People asked",
                todo("communities, young people, partners; what they said, what changed"),
            ),
        ]
    )


def _release_part(released: Released) -> str:
    # Without rules nothing was rounded, for one of two reasons, and the reader must know which.
    plain = _AS_THEY_ARE if released.profile == "internal" else _OPEN
    return (protection_part(released) or paragraphs([plain])) + _pairs(
        [
            ("Who receives it", todo("names of organisations, or the public")),
            ("Earlier releases that it could be compared with", todo("titles and dates")),
        ]
    )


_AS_THEY_ARE = "Counts of small areas as they are: for the organisation itself, not for sharing."
_OPEN = "Every source is open: anybody can look it up, and it leaves as it is."


# The transparency record, and signatures


def _transparency_part(released: Released) -> str:
    sections: dict[str, list[dict[str, object]]] = {}
    own = released.reconciliation.index.get_level_values(-1) == ""
    # An answer is a sentence about the whole run: its numbers are those of the manifest.
    of_run = [_CUT, "manifest:/how_sure", "manifest:/versions"]
    of_run += [f"manifest:/reconciliation/{k}" for k in own.nonzero()[0]]
    for field in fields():
        answered = field.answer(released)
        asked = todo(field.asked) if field.asked else ""
        # What the run knows comes first, then what a person has to add to it.
        words = of_rows(answered, *of_run) if answered else ""
        answer = Html(" ".join(part for part in (words, asked) if part))
        sections.setdefault(field.section, []).append({"Field": field.name, "Answer": answer})
    # Sections of the template in its order, so that the answers can be carried over.
    tables = [f"<h3>{escape(name)}</h3>{record_table(lines)}" for name, lines in sections.items()]
    return paragraphs([free(SOURCE)]) + "".join(tables)


def _signatures(_released: Released) -> str:
    roles = (
        "Analyst",
        "Second analyst",
        "Data protection officer",
        "Equality lead",
        "Senior responsible owner",
    )
    return record_table(
        [
            {
                "Role": role,
                "Name": todo("name"),
                "Date": todo("date"),
                # Left empty for ink: a typed name in a page that anybody can edit signs nothing.
                "Signature": Html('<span class="line"></span>'),
            }
            for role in roles
        ]
    )


_SECTIONS: dict[str, Callable[[Released], str]] = {
    "The run": _run_part,
    "Checks made": _checks_part,
    "Assumptions and decisions": _decisions_part,
    "Data log": _data_log,
    "Limitations": _limits_part,
    "Equality": _equality_part,
    "Release": _release_part,
    "Algorithmic transparency record": _transparency_part,
    "Sign-off": _signatures,
}
