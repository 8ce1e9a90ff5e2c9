"""The report: what was asked, with which data, what was lost, what was found, and its limits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from riskindex.cut import areas
from riskindex.index.diagnostics import WARN_ABOVE
from riskindex.outputs import figures
from riskindex.outputs.compare_page import changed_since_last
from riskindex.outputs.manifest import versions
from riskindex.outputs.pages import (
    area_cell,
    asset,
    bullets,
    document,
    drawing,
    escape,
    html_table,
    in_words,
    link,
    marks_line,
    page_head,
    paragraphs,
    picture,
    print_mark,
    record_table,
    slug,
    style_block,
)
from riskindex.outputs.report.choices import (
    choice_sentence,
    choices_part,
    composition_part,
    questions_part,
)
from riskindex.outputs.report.findings import left_out_sentence, over_time, scan_part
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
from riskindex.publication.released import Released
from riskindex.tables import rows

METHODS = {
    "window": "the area with its neighbours, against what their base (such as residents) would "
    "lead one to expect, with the counts' own dispersion",
    "getis-ord": "Getis-Ord Gi* with an exact p-value: the area with its neighbours, against "
    "the same counts shuffled over the map",
    "poisson": "the area itself, against what its base would lead one to expect, with the "
    "counts' own dispersion",
    "threshold": "a share above a stated threshold",
    "value": "a share, rate or measure as it is, without a test",
}
RECORDED = {
    "reported": "",
    "police-generated": "Found by police activity, so it shows where police look, too.",
}
SCORES = {
    "flag": "100 where hot, else 0",
    "confidence": "0, 33.3, 66.7 or 100 for not hot, 90, 95 and 99% confidence",
    "persistence": "periods hot of periods assessed, of 100",
    "intensity": "strength of the excess, 0 to 100",
    "value": "the share, brought to 0 to 100",
    "risk": "the area's own estimated risk, events over those expected, brought to 0 to 100",
    "threshold": "100 above the threshold, else 0",
    "": "not scored: mapped and tested only",
}


def summary(released: Released) -> list[str]:
    """The end of a run in a few lines: counted, lost, the cut, and what came out."""
    lines = [f"{released.title} [{released.profile}]"]
    own = _own_lines(released.reconciliation)
    if not own.empty:
        lines.append(_counted_sentence(own))
    hot = "; ".join(
        f"{row['label']} {int(row['hot_last']):,}"
        for _, row in released.factors.iterrows()
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
    """Write the report, one page, offline, ready to print; and its map for slides, `map.png`.

    Parameters
    ----------
    released
        What the profile may see.
    path
        The file; the picture of the map is written beside it.
    earlier
        Folder with the result that this one replaces, if there is one.
    """
    overview = figures.overview_map(released)
    path.with_name("map.png").write_bytes(overview)
    parts = _parts(released, overview, earlier)
    body = "".join(
        f'<section id="{slug(title)}"><h2>{escape(title)}</h2>{part}</section>'
        for title, part in parts.items()
    )
    contents = "".join(f"<li>{link(f'#{slug(title)}', title)}</li>" for title in parts)
    head = page_head(released.title, profile=released.profile, lead=_lead(released))
    html = document(
        title=f"{released.title}: report",
        head=style_block(
            asset("page.css"), asset("report.css"), asset("plots.css"), print_mark(released.profile)
        ),
        body=f'{head}<main class="report">{marks_line(body)}'
        f"{_with_contents(body, contents)}</main>",
    )
    path.write_text(html, encoding="utf-8", newline="\n")


def _with_contents(body: str, contents: str) -> str:
    """The sections with their contents after the first, which is read before anything else."""
    first, end, rest = body.partition("</section>")
    nav = f'<nav aria-label="Contents"><ul class="contents">{contents}</ul></nav>'
    return f"{first}{end}{nav}{rest}"


def _parts(released: Released, overview: bytes, earlier: Path | None) -> dict[str, str]:
    """The sections that have something to say, in order."""
    since = changed_since_last(released, earlier) if earlier else ""
    parts = {"In short": _in_short(released, overview), "The list": _the_list(released)}
    parts |= {"Since the last run": since}
    parts |= {title: make(released) for title, make in _SECTIONS.items()}
    return {title: part for title, part in parts.items() if part}


def _lead(released: Released) -> str:
    return f"{released.about} Data period: {released.period_label}.".strip()


def _in_short(released: Released, overview: bytes) -> str:
    """The page that a director reads: where, how many, how sure, what to ask first."""
    if not first_page(released):
        return _in_short_without_places(released, overview)
    shown = picture(
        overview,
        f"Map of {released.place}: the areas by class of the index, the places as numbered dots",
        "Numbered dots are the places of the table, filled where teams go; the areas beneath are "
        "in classes of the index. The same picture for slides is map.png.",
    )
    return (
        first_page(released, shown)
        + f"<p>Beside this report: {in_words(_also())}.</p>"
        + f'<div class="limits">{paragraphs(released.limits)}</div>'
    )


def _also() -> list[str]:
    """The other outputs, as links."""
    return [
        link("map.html", "the map"),
        link("profiles/index.html", "a page for each place and district"),
        link("workbook.xlsx", "the workbook"),
        link("governance.html", "the governance page"),
    ]


def _about_the_list(released: Released) -> str:
    """What the selected areas have in common, and how the list was cut."""
    told = bullets(why_sentences(released)) if len(released.top) else ""
    return told + paragraphs([released.cut.explanation, _flags_sentence(released)])


def _in_short_without_places(released: Released, overview: bytes) -> str:
    count, of = len(released.top), released.cut.assessed
    where = _by_group(released)
    answer = f"{count:,} of {of:,} areas in {released.place} are selected"
    answer += f", most of them in {where}." if where else "."
    return (
        f'<p class="answer">{escape(answer)}</p>'
        + bullets(why_sentences(released))
        + paragraphs([released.how_sure, released.cut.explanation, _flags_sentence(released)])
        + f"<p>Beside this report: {in_words(_also())}.</p>"
        + picture(
            overview,
            f"Map of {released.place}: the areas by class of the index, selected areas outlined",
            "The areas by class of the index; selected areas have a heavy outline. "
            "The same picture for slides is map.png.",
        )
        + f'<div class="limits">{paragraphs(released.limits)}</div>'
    )


def _by_group(released: Released) -> str:
    if not released.group_kinds or released.top.empty:
        return ""
    counts = released.top[released.group_kinds[-1]].value_counts()
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))[:3]
    return in_words([f"{name} ({number})" for name, number in ordered])


def _flags_sentence(released: Released) -> str:
    tie = released.flags_tie
    if tie == 0:
        return "If every factor only said hot or not hot, no areas would tie at the cut."
    return (
        f"If every factor only said hot or not hot, {tie:,} areas would tie at the cut; "
        "the strength of what was found puts them in order."
    )


def _the_list(released: Released) -> str:
    if released.top.empty:
        return paragraphs(["No area has a score above 0, so none is selected."])
    top = released.top
    columns = {"rank": "Rank", "area": "Area and why", "score": "Score", "repeats": "In repeats"}
    columns |= {"truly": "Truly at the top"} if "p_top" in top else {}
    columns |= {"tier": "How sure", "residents": "Residents", "residents_10_24": "Aged 10 to 24"}
    by_hand = "override" in top and (top["override"] != "").any()
    columns |= {"override_reason": "By hand"} if by_hand else {}
    order = "" if "rank" in top else "Firm areas first, then by district: ranks are not released."
    listed = (_of_list(released, code, area) for code, area in top.to_dict("index").items())
    about = _about_the_list(released) if first_page(released) else ""
    return (
        about
        + paragraphs([order])
        + record_table(
            [
                {words: area[name] for name, words in columns.items() if name in area}
                for area in listed
            ]
        )
    )


def _of_list(released: Released, code: Any, area: dict[Any, Any]) -> dict[Any, Any]:  # noqa: ANN401
    """An area of the list, with its name and reasons in one cell and its repeats in per cent."""
    under = [*(area[kind] for kind in released.group_kinds), code]
    for column, name in (("p_selected", "repeats"), ("p_top", "truly")):
        often = area.get(column, "")
        if not isinstance(often, str):
            area = area | {name: "" if pd.isna(often) else f"{often:.0%}"}
    return area | {"area": area_cell(area["name"], under, reasons=str(area["reasons"]))}


ABOUT_FACTORS = (
    "Each factor is tested on its own. The weights and the way from a hotspot to a score are "
    "choices of this run, printed here so that they can be questioned."
)
ABOUT_WINDOWS = (
    "Where most people come from elsewhere, as in town centres, at stations or at an airport, "
    "residents let one expect too few events: read those areas with that in mind."
)
ABOUT_TESTS = (
    "In the tables: how many areas are hot, and at 90, 95 and 99% confidence; Moran's I is above 0 "
    "where neighbours are alike, General G is high where high numbers lie side by side, each with "
    "its p."
)


def score_words(factors: pd.DataFrame) -> "pd.Series[str]":
    """How each factor of a release scores, in words."""
    usual = factors["estimate"] == ""
    words = factors["score"].map(SCORES)
    return words.where(usual, words + ": " + factors["estimate"])


def _factor_part(released: Released) -> str:
    shown = {
        "label": "Factor",
        "score_words": "Score",
        "weight": "Weight",
        "periods": "Periods",
        "hot_last": "Areas hot, last period",
    }
    table = released.factors.assign(
        score_words=score_words(released.factors),
        weight=[f"{weight:g}" for weight in released.factors["weight"]],
    )
    by_window = bool((released.factors["method"] == "window").any())
    lines = [
        ABOUT_FACTORS,
        ABOUT_WINDOWS if by_window else "",
        ABOUT_TESTS if "moran_i" in released.tests else "",
    ]
    return (
        paragraphs(lines)
        + record_table(table[list(shown)].rename(columns=shown).to_dict("records"))
        + "".join(_one_factor(released, str(factor)) for factor in released.factors.index)
        + scan_part(released)
    )


def _one_factor(released: Released, factor: str) -> str:
    about = released.factors.loc[factor]
    tests = released.tests.xs(factor, level="factor")
    lines = [f"Method: {METHODS[str(about['method'])]}. {_sentence(about['null'])}"]
    lines += [_quiet_sentence(released, factor), _dispersion_sentence(tests)]
    lines += [
        _local_sentence(tests),
        left_out_sentence(released, factor),
        RECORDED[str(about["recorded"])],
    ]
    lines += _correlation_sentences(released, factor)
    columns = {
        "period": "Period",
        "assessed": "Assessed",
        "not_assessed": "Not assessed",
        "total": "Total",
        "hot": "Hot",
        "hot_all": "Hot, all periods corrected together",
        "hot_90": "At 90%",
        "hot_95": "At 95%",
        "hot_99": "At 99%",
        "next_door": "Next door to a hotspot",
        "hot_without_dispersion": "Hot without dispersion",
        "dispersion": "Dispersion",
        "moran_i": "Moran's I",
        "moran_p": "its p",
        "general_g": "General G, thousandths",
        "general_g_p": "p of G",
    }
    table = tests.reset_index()
    table = table.assign(
        **{c: [_p(p) for p in table[c]] for c in ("moran_p", "general_g_p") if c in table}
    )
    table = table.assign(general_g=1000 * table["general_g"]) if "general_g" in table else table
    if len(table) < 2:
        table = table.drop(columns="hot_all", errors="ignore")
    told = [c for c in columns if c in table and not (table[c].isna() | (table[c] == "")).all()]
    table = table[told].rename(columns=columns)
    return f"<h3>{escape(about['label'])}</h3>{paragraphs(lines)}{_tested(table)}"


def _tested(table: pd.DataFrame) -> str:
    return record_table(table.to_dict("records"), decimals=3)


def _p(value: float) -> str:
    return "" if pd.isna(value) else "<0.001" if value < 0.001 else f"{value:.3f}"


def _quiet_sentence(released: Released, factor: str) -> str:
    hot = released.tests.xs(factor, level="factor")["hot"]
    is_tested = released.factors.at[factor, "method"] != "value"
    if not is_tested or hot.isna().all() or (hot > 0).any():
        return ""
    start = "No area is hot. That is a result"
    # The scores of restricted factors are the protected run's, the hot areas are not.
    if not released.factors.at[factor, "scored"] or factor not in released.numbered:
        return f"{start}."
    scores = rows(released.scores, factor=factor)["score"]
    some = int((scores > 0).sum())
    if not some:
        return f"{start}: the factor scores 0 everywhere."
    by_confidence = released.factors.at[factor, "score"] == "confidence"
    return (
        f"{start}: {some:,} areas score {'by lesser confidence' if by_confidence else 'above 0'}."
    )


def _dispersion_sentence(tests: pd.DataFrame) -> str:
    if "hot_without_dispersion" not in tests:
        return ""
    last = tests.iloc[-1]
    without = last["hot_without_dispersion"]
    if pd.isna(last["dispersion"]) or pd.isna(without) or pd.isna(last["hot"]):
        return ""
    of_all, left_out = (last.get(c) for c in ("dispersion_of_all", "left_out"))
    extreme = (
        f" Without the {areas(int(left_out))} of the most extreme counts, which would make it "
        f"{of_all:.3g} (see the notes)."
        if pd.notna(left_out) and left_out > 0
        else ""
    )
    when = " in the last period" if tests.index[-1] else ""
    return (
        f"Dispersion{when}: {last['dispersion']:.3g} "
        f"({last['estimator']}); with it {int(last['hot']):,} areas are hot, without it "
        f"{int(without):,} would be.{extreme}"
    )


def _local_sentence(tests: pd.DataFrame) -> str:
    last = tests.iloc[-1]
    if any(pd.isna(last.get(c, None)) for c in ("hot_local", "hot_both", "hot")):
        return ""
    return (
        f"Of the {areas(int(last['hot']))} hotter than the whole, {int(last['hot_both']):,} are "
        f"hotter than their surroundings (the 200 nearest areas) too; {int(last['hot_local']):,} "
        "are hotter than their surroundings in all. To share out means between parts of the study "
        "area, read hot; to find single spots, read hotter than the surroundings: where risk "
        "changes smoothly, whole quarters are hot without a spot in them."
    )


def _correlation_sentences(released: Released, factor: str) -> list[str]:
    if released.correlations.empty or "share" not in released.correlations.columns:
        return []
    row = released.correlations.loc[factor, "share"]
    shown = in_words([f"{name} {rho:+.2f}" for name, rho in row.items() if pd.notna(rho)])
    if not shown:
        return []
    strong = [str(name) for name, rho in row.items() if abs(rho) > WARN_ABOVE]
    mind = f" Mind: the factor goes with {in_words(strong)}, so it may map who lives there."
    warning = mind if strong else ""
    return [f"Rank correlation with the share of people: {shown}.{warning}"]


def _persistence_part(released: Released) -> str:
    strip = figures.persistence_strip(released)
    lines = [_new_sentence(released)]
    words = (
        "Periods in which each selected area is hot (dark), in the order of the list; a dashed "
        "square was not assessed."
    )
    shown = f'<div class="scroll strip" tabindex="0">{drawing(strip, words)}</div>' if strip else ""
    return paragraphs(lines) + shown + over_time(released)


def _new_sentence(released: Released) -> str:
    if not released.factors["periods"].str.contains(", ").any():
        return "Every factor covers one period at most, so there is nothing to follow."
    shown = released.persistence.index.get_level_values("factor")
    if not released.factors.index.isin(shown).any():
        return "Which areas restricted sources find hot, and when, is not part of this release."
    if released.new_hotspots.empty:
        return "No area is hot in the last period and in none of the earlier ones."
    return ""


def data_part(released: Released) -> str:
    """Events read, counted and lost, notes, and files; empty where a release has none of it."""
    reconciliation = released.reconciliation
    own = _own_lines(reconciliation)
    if reconciliation.empty and released.files.empty:
        return ""
    parts = [paragraphs([_counted_sentence(own)])] if not own.empty else []
    if not reconciliation.empty:
        parts.append(html_table(_reconciled(released)))
        about = "The line of a factor is about those events of its source that its own rule names."
        parts.append(paragraphs([about]))
    if released.notes and not released.rules:
        parts.append("<h3>Notes</h3>" + bullets(released.notes))
    if len(released.files):
        parts.append("<h3>Files read</h3>" + html_table(_file_table(released)))
    return "".join(parts)


def _reconciled(released: Released) -> pd.DataFrame:
    """One line per source, then per factor; reasons that never applied are left out."""
    lines = [
        f"{source}: {released.factors['label'].get(factor, 'the whole source')}"
        for source, factor in released.reconciliation.index
    ]
    numbers = released.reconciliation.reset_index(drop=True)
    kept = [c for c in numbers if c in ("read", "counted") or (numbers[c] != 0).any()]
    words = {c: LOSSES.get(str(c), str(c)).capitalize() for c in kept}
    return pd.concat([pd.Series(lines, name="Source"), numbers[kept].rename(columns=words)], axis=1)


def _file_table(released: Released) -> pd.DataFrame:
    names = {
        "role": "Read as",
        "name": "File",
        "bytes": "Bytes",
        "rows": "Rows",
        "sha256": "SHA-256 (start)",
    }
    table = released.files
    if "sha256" in table:
        table = table.assign(sha256=table["sha256"].astype(str).str[:16])
    return table[[name for name in names if name in table]].rename(columns=names)


def _own_lines(reconciliation: pd.DataFrame) -> pd.DataFrame:
    if reconciliation.empty:
        return reconciliation
    return reconciliation[reconciliation.index.get_level_values("factor") == ""]


def source_lines(reconciliation: pd.DataFrame) -> list[str]:
    """What became of the events of each source, in one sentence a source."""
    own = _own_lines(reconciliation)
    return [
        f"{source}: {_counted_sentence(own.loc[[(source, factor)]])}"
        for source, factor in own.index
    ]


def _counted_sentence(own: pd.DataFrame) -> str:
    total = own.sum()
    lost = [
        f"{int(total[column]):,} {words}"
        for column, words in LOSSES.items()
        if int(total.get(column, 0))
    ]
    tail = f"; not counted: {in_words(lost)}" if lost else "; none was lost"
    return f"{int(total['read']):,} events read, {int(total['counted']):,} counted{tail}."


LOSSES = {
    "outside_periods": "outside the periods",
    "no_location": "without a location",
    "unknown_area": "with an unknown area",
    "outside_study_area": "outside the study area",
    "not_covered": "where or when the source is not covered",
    "duplicates": "repeats of a record or a person",
    "excluded_by_rule": "excluded by a rule",
}


def _limits_part(released: Released) -> str:
    used = ", ".join(f"{name} {number}" for name, number in versions().items())
    return (
        bullets(released.limits)
        + "<h3>Whose data</h3>"
        + bullets(released.attribution)
        + "<h3>References</h3>"
        + bullets(references(released))
        + f'<p class="quiet small">Made with {escape(used)}.</p>'
    )


_SECTIONS: dict[str, Callable[[Released], str]] = {
    "How sure": how_sure_part,
    "What if we had chosen differently": choices_part,
    "Who lives in the selected areas": composition_part,
    "How it was made": how_made_part,
    "The factors": _factor_part,
    "Over the periods": _persistence_part,
    "Overlap of the factors": overlap_part,
    "How concentrated events are": concentration_part,
    "Data, and what was lost": data_part,
    "What is rounded and withheld": protection_part,
    "Questions to ask": questions_part,
    "Next steps": next_steps_part,
    "Limits and sources": _limits_part,
}


def _sentence(text: object) -> str:
    words = str(text)
    if words.startswith("no test"):
        return f"{words.capitalize()}."
    return f"It assumes: {words}." if words else ""
