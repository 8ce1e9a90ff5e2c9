"""Area profiles: a page per district and per cluster of selected areas, and their index."""

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from riskindex import profile_events, profile_maps
from riskindex.area_drawings import Outlines, outline
from riskindex.groups import WHOLE, profile_kind
from riskindex.markup import Html, bullets, enumerate_words, link, paragraphs, slug, table
from riskindex.pages import asset, document, escape, page_head, style_block
from riskindex.released import Released

MOST_CLUSTERS = 100
"""Clusters with a page of their own, the largest first; the others are named in the index."""


class Place(NamedTuple):
    """A district or a cluster: what one page is about."""

    name: str
    kind: str
    """`district` or `cluster`."""
    codes: list[str]
    """Its areas, by rank."""
    file: str

    @property
    def is_district(self) -> bool:
        """Whether it is one of the groups that share out the whole study area."""
        return self.kind == "district"


class Book:
    """What all the pages of a release share, worked out once.

    Parameters
    ----------
    released
        What the profile may see.
    """

    def __init__(self, released: Released) -> None:
        self.released = released
        self.whole = str(released.config.get("whole", "county"))
        every = released.all_areas
        order = every.assign(_code=every.index).sort_values(["rank", "_code"])
        self.areas = order.drop(columns="_code")
        self.counts = {
            "district": _by_factor(released.district_counts),
            "cluster": _by_factor(released.cluster_counts),
        }

    @cached_property
    def outlines(self) -> Outlines:
        """The areas as paths."""
        return outline(self.released.areas)

    @cached_property
    def classes(self) -> dict[str, str]:
        """Style class of each area by its index."""
        return profile_maps.index_classes(self.released)

    @cached_property
    def hot(self) -> dict[str, pd.DataFrame]:
        """Each factor's tests in its last period, index area_code."""
        return profile_maps.last_tests(self.released)

    @cached_property
    def new(self) -> set[tuple[str, str]]:
        """Factor and area of each new hotspot."""
        table = self.released.new_hotspots
        return set(zip(table["factor"], table["area_code"], strict=True)) if len(table) else set()

    @cached_property
    def districts(self) -> list[Place]:
        """The districts, in the order of their names; the study area where there are none."""
        kind = profile_kind(self.released.group_kinds)
        if kind is None:
            codes = self.areas.index.tolist()
            return [Place(self.released.place, "district", codes, "district-all.html")]
        groups = {
            str(name): part.index.tolist() for name, part in self.areas.groupby(kind) if str(name)
        }
        files = _files(sorted(groups))
        return [Place(name, "district", groups[name], files[name]) for name in sorted(groups)]

    @cached_property
    def clusters(self) -> list[Place]:
        """The clusters, the largest first."""
        table = self.released.clusters
        if table.empty:
            return []
        ordered = table.reindex([code for code in self.areas.index if code in table.index])
        return [
            Place(str(part["name"].iloc[0]), "cluster", part.index.tolist(), f"cluster-{n}.html")
            for n, part in ordered.groupby("cluster")
        ]

    def selected(self, place: Place) -> list[str]:
        """Areas of a place that are selected, by rank."""
        chosen = self.areas["selected"]
        return [code for code in place.codes if chosen[code]]


def write_profiles(released: Released, folder: str | Path) -> None:
    """Write a page per district and per cluster into a folder, with an index.

    Parameters
    ----------
    released
        What the profile may see. A part whose numbers it does not have is left out.
    folder
        Made if it is not there.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    book = Book(released)
    style = style_block(asset("page.css"), asset("report.css"), asset("profiles.css"))
    for place in [*book.districts, *book.clusters[:MOST_CLUSTERS]]:
        _write(folder / place.file, book, style, title=place.name, body=_page(book, place))
    _write(folder / "index.html", book, style, title="Area profiles", body=_index(book))


def _write(path: Path, book: Book, style: str, *, title: str, body: str) -> None:
    released = book.released
    head = page_head(
        title if title == "Area profiles" else f"{title}: area profile",
        profile=released.profile,
        lead=f"{released.title}. Data period: {released.period_label}.",
    )
    limits = " ".join(released.limits)
    foot = f'<footer class="page-foot"><p>{escape(limits)}</p></footer>'
    html = document(
        title=f"{title}: {released.title}",
        head=style,
        body=f'{head}<main class="report profile">{body}</main>{foot}',
    )
    path.write_text(html, encoding="utf-8", newline="\n")


def _page(book: Book, place: Place) -> str:
    parts = {title: make(book, place) for title, make in _SECTIONS[place.kind].items()}
    told = {title: body for title, body in parts.items() if body}
    contents = " · ".join(link(f"#{slug(title)}", title) for title in told)
    links = " · ".join(
        (link("index.html", "All profiles"), link("../map.html", "Map"), link("../report.html", "Report"))
    )  # fmt: skip
    sections = "".join(
        f'<section id="{slug(title)}"><h2>{escape(title)}</h2>{body}</section>'
        for title, body in told.items()
    )
    return f'<nav aria-label="Contents"><p>{links}</p><p>{contents}</p></nav>{sections}'


def _in_short(book: Book, place: Place) -> str:
    chosen, areas = book.selected(place), book.areas
    of = f"{len(place.codes):,} areas" if len(place.codes) != 1 else "one area"
    if place.is_district:
        answer = (
            f"{len(chosen):,} of the {of} in {place.name} are selected, "
            f"of {book.released.cut.selected:,} in {book.released.place}."
        )
    else:
        ranks = enumerate_words([f"{int(r):,}" for r in areas.loc[chosen[:6], "rank"]])
        more = " and further" if len(chosen) > 6 else ""
        answer = f"{of.capitalize()}, selected at rank {ranks}{more} of {len(areas):,}."
    lines = [*profile_maps.hot_sentences(book, place), *profile_events.change_sentences(book, place)]
    return (
        f'<p class="answer">{escape(answer)}</p><ul class="facts">{_facts(book, place)}</ul>'
        + bullets(lines)
    )


def _facts(book: Book, place: Place) -> str:
    areas = book.areas.loc[place.codes]
    chosen = book.areas.loc[book.selected(place)]
    facts: list[tuple[str, str]] = [(f"{len(areas):,}", "areas")]
    for column, words in (("residents", "residents"), ("residents_10_24", "aged 10 to 24")):
        if column in areas:
            facts.append((f"{int(areas[column].fillna(0).sum()):,}", words))
    facts.append((f"{len(chosen):,}", "selected areas"))
    if "tier" in chosen and place.is_district:
        borderline = int((areas["tier"] == "borderline").sum())
        facts.append((f"{borderline:,}", "borderline, selected or not"))
    if "residents" in areas and place.is_district and areas["residents"].sum() > 0:
        share = chosen["residents"].sum() / areas["residents"].sum()
        facts.append((f"{share:.0%}", f"of residents live in them ({book.whole} {_living(book)})"))
    return "".join(f"<li><b>{escape(number)}</b> {escape(words)}</li>" for number, words in facts)


def _living(book: Book) -> str:
    people = book.areas["residents"]
    return f"{people[book.areas['selected'].astype(bool)].sum() / people.sum():.0%}"


def _all_areas(book: Book, place: Place) -> str:
    shown = _area_table(book, place.codes)
    count = f"{len(shown):,} areas by rank" if len(shown) != 1 else "The area"
    if not place.is_district:
        return shown_table(shown)
    return f"<details open><summary>{count}</summary>{shown_table(shown)}</details>"


def shown_table(frame: pd.DataFrame) -> str:
    """A table whose rows can be linked to by their area code, the index."""
    html = table(frame)
    for code in frame.index:
        html = html.replace("<tbody><tr>", "<tr>", 1) if False else html
    rows = html.split("<tr>")
    named = [f'<tr id="{escape(code)}">{row}' for code, row in zip(frame.index, rows[2:], strict=True)]
    return "<tr>".join(rows[:2]) + "".join(named)


def _area_table(book: Book, codes: list[str]) -> pd.DataFrame:
    areas = book.areas.loc[codes]
    smaller = [k for k in book.released.group_kinds if k != profile_kind(book.released.group_kinds)]
    where = areas[smaller[0]].astype(str) if smaller else pd.Series("", index=areas.index)
    columns: dict[str, Any] = {
        "Rank": areas["rank"],
        "Area": areas["name"].astype(str) + " (" + areas.index.astype(str) + ")",
        **({smaller[0].replace("_", " ").capitalize(): where} if smaller else {}),
        "Selected": [_chosen_words(row) for _, row in areas.iterrows()],
        "Score": areas["score"],
    }
    if "p_selected" in areas:
        columns["Selected in repeats"] = [_percent(p) for p in areas["p_selected"]]
    columns["Why"] = areas["reasons"].fillna("").astype(str)
    for column, words in (("residents", "Residents"), ("residents_10_24", "Aged 10 to 24")):
        if column in areas:
            columns[words] = areas[column]
    return pd.DataFrame(columns, index=areas.index)


def _chosen_words(area: "pd.Series[Any]") -> str:
    tier = str(area.get("tier", ""))
    chosen = "yes" if bool(area["selected"]) else ""
    if tier == "borderline":
        return f"{chosen or 'no'}, borderline"
    return chosen


def _percent(share: float) -> str:
    return "" if pd.isna(share) else f"{share:.0%}"


def _top(book: Book, place: Place) -> str:
    shown = _area_table(book, place.codes[:10]).drop(columns=["Why"])
    head = "<h3>The ten areas with the highest rank</h3>" if place.is_district else ""
    extra = " · Every area is listed at the end of the page." if place.is_district else ""
    note = f'<p class="small quiet">Point at an area for its name; click for its line.{extra}</p>'
    beside = f"<div>{head}{table(shown)}</div>" if place.is_district else ""
    return (
        f'<div class="beside"><div>{profile_maps.place_map(book, place)}{note}</div>{beside}</div>'
    )


def _summary(book: Book, place: Place) -> str:
    return table(profile_maps.factor_table(book, place))


def _notes(book: Book, _place: Place) -> str:
    released = book.released
    return (
        bullets([*profile_events.METHOD_NOTES, *released.notes])
        + "<h3>Limits</h3>"
        + bullets(released.limits)
        + "<h3>Whose data</h3>"
        + bullets(released.attribution)
    )


_Section = Callable[[Book, Place], str]
_SECTIONS: dict[str, dict[str, _Section]] = {
    "district": {
        "In short": _in_short,
        "Map and top areas": _top,
        "Events, and how they change": lambda book, place: profile_events.events_part(book, place),
        "When": lambda book, place: profile_events.when_part(book, place),
        "Who": lambda book, place: profile_events.who_part(book, place),
        "Hotspots": lambda book, place: profile_maps.hotspot_part(book, place),
        "Factors": _summary,
        "Every area": _all_areas,
        "Data notes": _notes,
    },
    "cluster": {
        "In short": _in_short,
        "Map": _top,
        "The areas": _all_areas,
        "Events, and how they change": lambda book, place: profile_events.events_part(book, place),
        "Hotspots": lambda book, place: profile_maps.hotspot_part(book, place),
        "Factors": _summary,
        "Data notes": _notes,
    },
}


def _index(book: Book) -> str:
    kind = profile_kind(book.released.group_kinds) or "study area"
    word = kind.replace("_", " ")
    parts = [
        '<nav aria-label="Other pages"><p>' + " · ".join(
            (link("../map.html", "Map"), link("../report.html", "Report"))
        ) + "</p></nav>",
        paragraphs([book.released.about]),
        f"<section><h2>By {escape(word)}</h2>{table(_places_table(book, book.districts))}</section>",
    ]  # fmt: skip
    if book.clusters:
        shown = book.clusters[:MOST_CLUSTERS]
        parts.append(
            "<section><h2>Clusters of selected areas</h2>"
            + paragraphs(["Selected areas that adjoin each other, the largest first."])
            + table(_places_table(book, shown))
            + paragraphs([_further(book)])
            + "</section>"
        )
    return "".join(parts)


def _further(book: Book) -> str:
    more = len(book.clusters) - MOST_CLUSTERS
    return f"{more:,} smaller clusters have no page of their own." if more > 0 else ""


def _places_table(book: Book, places: list[Place]) -> pd.DataFrame:
    rows = []
    for place in places:
        areas = book.areas.loc[place.codes]
        row: dict[str, Any] = {
            "Place": link(place.file, place.name),
            "Areas": len(areas),
            "Selected": len(book.selected(place)),
        }
        if "residents" in areas:
            row["Residents"] = int(areas["residents"].fillna(0).sum())
        row["Best rank"] = int(areas["rank"].min()) if areas["rank"].notna().any() else pd.NA
        row |= {
            label: int(book.hot[name].reindex(place.codes)["is_hot"].astype(bool).sum())
            for name, label in book.released.factors["label"].items()
            if name in book.hot
        }
        rows.append(row)
    found = pd.DataFrame(rows)
    return found.rename(columns={"Best rank": "Highest rank"})


def _by_factor(counts: pd.DataFrame) -> dict[str, dict[str, pd.DataFrame]]:
    """Factor to period to the table of places."""
    found: dict[str, dict[str, pd.DataFrame]] = {}
    if counts.empty:
        return found
    for key, part in counts.groupby(level=["factor", "period"], sort=False):
        factor, period = key
        found.setdefault(str(factor), {})[str(period)] = part.droplevel(["factor", "period"])
    return found


def _files(names: list[str]) -> dict[str, str]:
    """A file for each name; names that would share one are told apart by a number."""
    files: dict[str, str] = {}
    for name in names:
        stem = f"district-{slug(name)}"
        taken = sum(1 for file in files.values() if file.split(".")[0] == stem)
        files[name] = f"{stem}.html" if not taken else f"{stem}-{len(files)}.html"
    return files
