"""Where and when inside a place: the streets and hours of the week with most of its events."""

import pandas as pd

from riskindex.events.rhythm import HOURS, STREET
from riskindex.outputs.pages import Html, bullets, escape, record_table
from riskindex.outputs.profiles.numbers import Book, Place

MOST_NAMED = 3
"""Streets or parts of the week that are named of a factor; inside_places.csv has more."""
ON_OR_NEAR = "On or near "
"""How police.uk begins the name of every street, said once above the table."""


def inside_part(book: Book, place: Place) -> str:
    """A line for each factor: its records, and the streets and hours that stand out."""
    table = book.released.inside
    mine = table[table["place"] == place.number]
    if mine.empty:
        return ""
    # Looked up by name, so that the lines stand in the report's order of factors.
    by_factor = {str(name): part for name, part in mine.groupby("factor", sort=False)}
    records = [
        _record(book, name, by_factor[name])
        for name in map(str, book.released.factors.index)
        if name in by_factor
    ]
    return record_table(records) + bullets(_how(mine))


def _record(book: Book, factor: str, part: pd.DataFrame) -> dict[str, object]:
    record: dict[str, object] = {"Factor": book.released.label(factor)}
    for aspect, heading in ((STREET, _STREETS), (HOURS, _HOURS)):
        lines = part[part["aspect"] == aspect]
        if len(lines):
            # Of the lines of inside_places.csv about this place and factor.
            row = f"inside:{lines['place'].iloc[0]}:{factor}"
            text = escape(_words(book, lines))
            record[heading] = Html(f'<span data-row="{escape(row)}">{text}</span>')
    return record


_STREETS, _HOURS = "On or near", "Hours of the week"


def _words(book: Book, lines: pd.DataFrame) -> str:
    """The largest that stand out, with how many records and of how many."""
    total = lines["total"].iloc[0]
    whole = "" if pd.isna(total) else f" of {int(total):,}"
    # Stable: of streets with as many records the first of the table stays first in every run.
    lines = lines.sort_values("records", ascending=False, kind="stable")
    if lines["stands_out"].isna().all():
        # Protected cells are not tested: their noise is no chance of events.
        shown = lines[lines["records"].notna()].head(MOST_NAMED)
        named = [f"{row.value} ({int(row.records):,}{whole})" for row in shown.itertuples()]
        return "; ".join([*named, "not tested" if named else f"{lines['mark'].max()} in each"])
    significant = lines[lines["stands_out"].fillna(False).astype(bool)].head(MOST_NAMED)
    if significant.empty:
        return f"none stands out from chance{f', {whole.strip()} records' if whole else ''}"
    return "; ".join(
        f"{_where(book, row.value, row.area_code)} "
        f"({int(row.records):,}{whole}, {row.ratio:,.1f} times)"
        for row in significant.itertuples()
    )


def _where(book: Book, value: str, code: str) -> str:
    """A street with its area, a part of the week as it is."""
    if not code:
        return value
    # Many areas have a Church Street or a High Street, which only the area tells apart.
    return f"{value.removeprefix(ON_OR_NEAR)}, {book.records[code]['name']}"


def _how(mine: pd.DataFrame) -> list[str]:
    """What the table was held against, of what is in it."""
    said = []
    if (mine["aspect"] == STREET).any():
        said.append(
            "Streets, or squares of 100 metres, are held against an even spread over those of the "
            "place with any record of the source, and end where an area ends. Where a record was "
            "put may be the middle of its street, a car park or a station, and is no address."
        )
    hours = mine[mine["aspect"] == HOURS]
    if hours["stands_out"].notna().any():
        said.append("Hours of the week are held against an even spread over the week.")
    if hours["stands_out"].isna().any():
        said.append("Of restricted sources the largest protected cells are named; none is tested.")
    if len(hours):
        said.append("The hour after midnight is left out: it holds records of unknown time.")
    if mine["stands_out"].notna().any():
        said.append(
            "Named is what an exact test finds to stand out, allowing for all that were looked at "
            "here, as if records were independent of each other."
        )
    return said
