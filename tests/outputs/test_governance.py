"""The governance page tells what the run knows, and leaves to a person what only a person knows."""

import dataclasses
import html
import re

import pytest

from riskindex.outputs.governance import _draft, todo, write_governance
from riskindex.outputs.report.choices import choice_table
from riskindex.outputs.transparency_record import fields


@pytest.fixture(scope="module", params=["internal", "partner", "public"])
def released(request, county_release):
    return county_release(request.param)


@pytest.fixture(scope="module")
def page(released, tmp_path_factory):
    path = tmp_path_factory.mktemp("governance") / "governance.html"
    write_governance(released, path)
    return path.read_text(encoding="utf-8")


def text_of(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.split("<body>")[1])).split())


def section(page, name):
    return re.search(rf'<section id="{name}">(.*?)</section>', page, flags=re.DOTALL)[1]


def test_it_has_every_part_and_carries_the_profile(page, released):
    titles = re.findall(r"<h2>([^<]+)</h2>", page)
    assert titles == [
        "The run",
        "Checks made",
        "Assumptions and decisions",
        "Data log",
        "Limitations",
        "Equality",
        "Release",
        "Algorithmic transparency record",
        "Sign-off",
    ]
    assert f"mark mark-{released.profile}" in page


def test_the_places_left_to_a_person_are_marked_and_counted(page):
    places = re.findall('<span class="todo"[^>]*>(.*?)</span>', page)
    assert all(place.startswith("TO COMPLETE: ") for place in places)
    assert f"{len(places)} places marked TO COMPLETE" in text_of(page)
    assert 40 < len(places) < 80


def test_the_page_is_a_draft_while_a_person_has_still_to_write(page, released):
    assert "TO COMPLETE" in page
    assert f"<h1>Governance, draft: {released.title}</h1>" in page
    assert _draft("Everything is written.") == ""


def test_a_scored_factor_is_not_said_to_be_unscored(released):
    (sensitive,) = [field for field in fields() if field.name == "Sensitive attributes"]
    named = sensitive.answer(released).partition("never scored: ")[2]
    assert "residents aged 65 and over" in named
    for label in released.factors.loc[released.factors["scored"].astype(bool), "label"]:
        assert label.lower() not in named.lower()


def test_nobody_is_invented(page):
    """Names, dates and signatures are a person's to write."""
    signed = section(page, "sign-off")
    lines = re.findall(r"<tr><td>(.*?)</tr>", signed)
    assert len(lines) == 5
    assert all(line.count("TO COMPLETE") == 2 for line in lines)


def test_every_field_of_the_record_is_answered_or_asked(page, released):
    record = section(page, "algorithmic-transparency-record")
    rows = re.findall(r"<tr><td>([^<]+)</td><td>(.*?)</td></tr>", record)
    assert [html.unescape(name) for name, _ in rows] == [field.name for field in fields()]
    assert all(answer for _, answer in rows)
    assert "template version 3.0" in record


def test_every_measured_choice_stands_beside_the_decisions(page, released):
    part = section(page, "assumptions-and-decisions")
    text = text_of(f"<body>{part}")
    for choice in choice_table(released)["Choice"]:
        assert " ".join(choice.split()) in text


def test_the_effect_of_a_kind_of_choice_is_its_range(page, released):
    table = released.sensitivity.choices
    left = table[(table["kind"] == "weights") & (table["note"] == "")]
    most = int(left[["entered", "left"]].max(axis=1).max())
    words = rf"to {most} areas change +\( ?{len(left)} other choices ?\)"
    assert re.search(words, text_of(page))


def test_losses_and_files_are_told_inside_alone(page, released):
    log = section(page, "data-log")
    if released.profile == "internal":
        assert "events read" in log
        assert (
            f"{len(released.reconciliation)} of {len(released.reconciliation)} lines add up" in page
        )
    else:
        assert "are in the internal result" in log
        assert "events read" not in page


def test_the_rules_of_a_release_are_its_own(page, released):
    part = text_of(f"<body>{section(page, 'release')}")
    if released.rules is None:
        assert "not for sharing" in part
    else:
        assert all(sentence in part for sentence in released.rules.sentences)
        assert "protected cells" in text_of(page)


def test_it_loads_nothing_and_runs_nothing(page):
    assert "default-src 'none'" in page
    assert "script-src 'none'" in page
    assert re.findall(r'\s(?:src|style|on\w+)="', page) == []
    assert re.findall(r'href="(?!#)', page) == []


def test_text_from_data_stays_text(county_released, tmp_path):
    payload = '"><img src=x onerror=alert(1)>'
    labels = county_released.factors.assign(label=payload)
    bad = dataclasses.replace(
        county_released,
        factors=labels,
        title=payload,
        place=payload,
        about=payload,
        notes=(payload,),
        attribution=(payload,),
    )
    write_governance(bad, tmp_path / "g.html")
    assert "<img" not in (tmp_path / "g.html").read_text(encoding="utf-8")
    assert "<img" not in todo(payload)


def test_two_writes_give_the_same_bytes(page, released, tmp_path):
    write_governance(released, tmp_path / "g.html")
    assert (tmp_path / "g.html").read_text(encoding="utf-8") == page
