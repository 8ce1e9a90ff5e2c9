"""The report: one page for a director, the reasons of every area, and annexes for review."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from riskindex.assessment.area_rows import LIST
from riskindex.cut import areas
from riskindex.outputs import overview_map, slides
from riskindex.outputs.compare_page import changed_since_last
from riskindex.outputs.manifest import versions
from riskindex.outputs.pages import (
    Html,
    asset,
    bullets,
    document,
    escape,
    free,
    in_words,
    link,
    marks_line,
    of_rows,
    page_head,
    paragraphs,
    picture,
    print_mark,
    slug,
    style_block,
)
from riskindex.outputs.report.choices import (
    choice_sentence,
    choices_part,
    composition_part,
    questions_part,
)
from riskindex.outputs.report.factors import factors_part
from riskindex.outputs.report.findings import over_time
from riskindex.outputs.report.matrix import reason_matrix
from riskindex.outputs.report.methods import (
    concentration_part,
    how_made_part,
    how_sure_part,
    next_steps_part,
    overlap_part,
    protection_part,
    references,
    why_sentences,
)
from riskindex.outputs.report.places import first_page
from riskindex.outputs.report.records import counted_sentence, data_part, own_lines
from riskindex.publication.released import Released


def summary(released: Released) -> list[str]:
    """The end of a run in a few lines: counted, lost, the cut, and what came out."""
    lines = [f"{released.title} [{released.profile}]"]
    # Without the lines of factors, or events of a source would be counted once per factor.
    own = own_lines(released.reconciliation)
    if not own.empty:
        lines.append(counted_sentence(own))
    # The last period, which is the one that is scored and mapped.
    hot = "; ".join(
        f"{row['label']} {int(row['hot_last']):,}"
        for _, row in released.factors.iterrows()
        # A value is not tested, and a missing number is one that is not released.
        if row["method"] != "value" and pd.notna(row["hot_last"])
    )
    lines += [
        f"Areas hot in the last period: {hot}."
        if hot
        else _NO_HOT[released.factors["hot_last"].isna().any()],
        released.cut.explanation,
        _flags_sentence(released),
    ]
    lines += [line for line in (released.how_sure, choice_sentence(released)) if line]
    lines.append(f"Selected: {released.cut.selected:,} of {released.cut.assessed:,} areas.")
    return lines


_NO_HOT = {
    False: "Nothing is tested, so no area is hot.",
    True: "Which areas restricted sources find hot is not part of this release.",
}


def write_report(released: Released, path: Path, *, earlier: Path | None = None) -> None:
    """Write the report, one page, offline, ready to print; `map.png` and `places.png` for slides.

    Parameters
    ----------
    released
        What the profile may see.
    path
        The file; the pictures for slides are written beside it.
    earlier
        Folder with the result that this one replaces, if there is one.
    """
    # Drawn once, for the first page of the report; slides are drawn in their own size.
    overview = overview_map.overview_map(released)
    path.with_name("map.png").write_bytes(slides.map_slide(released))
    places = slides.places_slide(released)
    if places is not None:
        path.with_name("places.png").write_bytes(places)
    first, annexes = _first_sections(released, overview), _annexes(released, earlier)
    contents = "".join(f"<li>{link(f'#{slug(title)}', title)}</li>" for title in (*first, *annexes))
    nav = f'<nav aria-label="Contents"><ul class="contents">{contents}</ul></nav>'
    # Contents after the first page: a director reads one page, and should not have to turn to it.
    annexed = _sections(annexes)
    body = f'{_sections(first, after_first=nav)}<p class="annexes">Annexes</p>'
    body += marks_line(annexed) + annexed
    head = page_head(released.title, profile=released.profile, lead=released.lead)
    html = document(
        title=f"{released.title}: report",
        head=style_block(
            asset("page.css"), asset("report.css"), asset("plots.css"), print_mark(released.profile)
        ),
        body=f'{head}<main class="report">{body}</main>',
    )
    path.write_text(html, encoding="utf-8", newline="\n")


def _sections(parts: dict[str, str], *, after_first: str = "") -> str:
    first, *others = (
        f'<section id="{slug(title)}"><h2>{escape(title)}</h2>{part}</section>'
        # The id of a section is made from its title, as the links of the contents are.
        for title, part in parts.items()
    )
    return "".join([first, after_first, *others])


def _first_sections(released: Released, overview: bytes) -> dict[str, str]:
    """What everybody reads: the page of a director, and why each area is on the list."""
    return {
        "In short": _in_short(released, overview),
        "Why each area is on the list": _reasons(released),
    }


def _annexes(released: Released, earlier: Path | None) -> dict[str, str]:
    """What a reviewer asks for; a part that has nothing to say is left out."""
    # First of the annexes: who knows the last list asks what moved.
    since = changed_since_last(released, earlier) if earlier else ""
    parts = {"Since the last run": since}
    parts |= {title: make(released) for title, make in _ANNEXES.items()}
    return {title: part for title, part in parts.items() if part}


def _in_short(released: Released, overview: bytes) -> str:
    """The page that a director reads: where, how many, how sure, what to ask first."""
    # A list without an area, or without a plan of teams, has no places to set beside the map.
    made = first_page(released, overview=overview) or _without_places(released, overview)
    return (
        made
        + marks_line(made)
        + f"<p>Beside this report: {in_words(_also())}.</p>"
        + f'<div class="limits">{paragraphs([" ".join(released.limits)])}</div>'
    )


def _also() -> list[str]:
    """The other outputs, as links."""
    return [
        link("map.html", "the map"),
        link("profiles/index.html", "a page for each place and district"),
        link("workbook.xlsx", "the workbook"),
        link("governance.html", "the governance page"),
    ]


def _without_places(released: Released, overview: bytes) -> str:
    """The first page of a list without named places, or without an area."""
    count, of = len(released.top), released.cut.assessed
    where = _by_group(released)
    # The number assessed beside the number selected: it says how much was looked at.
    answer = f"{count:,} of {of:,} areas in {released.place} are selected"
    answer += f", most of them in {where}." if where else "."
    places = released.top[released.group_kinds[-1]].unique() if where else []
    figure = {"figure": f"{LIST}.selected", "category": "selected"}
    named = [released.row_of(**figure), *(released.row_of(**figure, place=p) for p in places)]
    return (
        f'<p class="answer">{of_rows(answer, *named)}</p>'
        + paragraphs([of_rows(released.how_sure, "manifest:/how_sure")])
        + picture(
            overview,
            f"Map of {released.place}: the areas by class of the index, selected areas outlined",
            "The areas by class of the index; selected areas have a heavy outline. "
            "The same picture for slides is map.png.",
        )
    )


def _by_group(released: Released) -> str:
    if not released.group_kinds or released.top.empty:
        return ""
    # The last kind is the largest, such as districts.
    counts = released.top[released.group_kinds[-1]].value_counts()
    # By name where numbers are the same.
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))[:3]
    return in_words([f"{name} ({number})" for name, number in ordered])


def _flags_sentence(released: Released) -> str:
    # How much of the list hangs on the strength of findings and not on hot or not.
    tie = released.flags_tie
    if tie == 0:
        return "If every factor only said hot or not hot, no areas would tie at the cut."
    return (
        f"If every factor only said hot or not hot, {areas(tie)} would tie at the cut; "
        "the strength of what was found puts them in order."
    )


def _reasons(released: Released) -> str:
    """The matrix of reasons, under what its areas have in common and how the list was cut."""
    if released.top.empty:
        return paragraphs(["No area has a score above 0, so none is selected."])
    # Without ranks an order by score would give the ranks away.
    order = "" if "rank" in released.top else "Firm areas first, then by district."
    flags = _flags_sentence(released) if released.flags_tie else ""
    lines = [
        Html(" ".join([*why_sentences(released), order])),
        Html(
            of_rows(released.cut.explanation, "manifest:/selection")
            + " "
            + of_rows(flags, "manifest:/tied_by_flags_alone")
        ),
    ]
    # Places are numbered by need; where ranks are kept back, the order of places would tell them.
    grouped = "rank" in released.top
    return paragraphs(lines) + reason_matrix(
        released, list(released.top.index.astype(str)), grouped=grouped
    )


def _limits_part(released: Released) -> str:
    # Results may differ in the last digit between versions of these, and a reviewer must be able to
    # repeat them.
    used = ", ".join(f"{name} {number}" for name, number in versions().items())
    return (
        bullets(map(free, released.attribution))
        + "<h3>References</h3>"
        + bullets(map(free, references(released)))
        + f'<p class="quiet small">Made with {of_rows(used, "manifest:/versions")}.</p>'
    )


def _questions_and_steps(released: Released) -> str:
    return questions_part(released) + next_steps_part(released)


_ANNEXES: dict[str, Callable[[Released], str]] = {
    "How sure": how_sure_part,
    "What if we had chosen differently": choices_part,
    "Who lives in the selected areas": composition_part,
    "How it was made": how_made_part,
    "The factors": factors_part,
    "Over the periods": over_time,
    "Overlap of the factors": overlap_part,
    "How concentrated events are": concentration_part,
    "Data, and what was lost": data_part,
    "What is rounded and withheld": protection_part,
    "Questions, and next steps": _questions_and_steps,
    "Sources": _limits_part,
}
