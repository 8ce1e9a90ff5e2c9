"""What a director reads in a minute: nothing withheld, and no pattern that no test finds."""

from small_topic import line, text, topic

from riskindex.outputs.needs.blocks import Bullets, Paragraph, ToComplete
from riskindex.outputs.needs.one_page import one_page


def read(*lines, **options):
    """The lead, and the points below it."""
    blocks = list(one_page(topic(*lines, **options)))
    lead = [text(block.parts) for block in blocks if isinstance(block, Paragraph)]
    (points,) = [[text(p) for p in block.items] for block in blocks if isinstance(block, Bullets)]
    assert isinstance(blocks[-1], ToComplete)
    return lead, points


def test_the_lead_is_the_last_count_with_its_rate_and_rank():
    lead, _ = read(
        line("f.count", count=10, period="2021"),
        line("f.count", count=12),
        line("f.rate", value=1.5, unit="per 1,000", rank=3),
    )
    assert len(lead) == 1
    assert lead[0].startswith("Violence in N, 2022: 12 records; ")
    assert lead[0].endswith("rank 3 among the districts.")


def test_a_withheld_count_is_no_lead():
    lead, points = read(line("f.count", status="[c]"))
    assert lead == []
    assert points == []


def test_a_largest_hour_is_named_only_where_a_test_finds_it():
    plain = [line("f.mix", by="hour", category=f"{h:02d}", value=50.0, ratio=2.0) for h in (21, 22)]
    _, points = read(*plain)
    assert points == ["No hour of the day stands out by more than chance."]
    found = [row | {"note": "stands out: p 0.001"} for row in plain]
    _, points = read(*found)
    assert points[0].startswith("The hours that stand out are 21 to 22 (")
    assert " and 22 to 23 (" in points[0]


def test_without_hours_nothing_is_said_of_them():
    _, points = read(line("f.count", count=3))
    assert points == []


def test_listed_areas_are_of_those_assessed():
    _, points = read(line("list.selected", count=2, base=40))
    assert points[-1].startswith("2 of 40 areas are on the list")
