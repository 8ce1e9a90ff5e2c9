"""What sections ask of a topic: labels, mixes of the last period, places by rate."""

from small_topic import line, text, topic

from riskindex.outputs.needs.topic import by_rate, hour_of_day, kinds_of_pages, sex_words


def test_a_name_without_a_label_is_its_own_label():
    asked = topic(line("f.count"))
    assert (asked.label("f"), asked.label("g")) == ("Violence", "g")


def test_a_mix_is_of_the_last_period():
    lines = [
        line("f.mix", by="sex", period=year, category=sex)
        for year in ("2021", "2022")
        for sex in "FM"
    ]
    found = topic(*lines).mixes("f", "sex")
    assert {row.period for row in found} == {"2022"}
    assert len(found) == 2


def test_bands_that_the_config_names_come_before_single_years():
    bands = {"name": "bands", "kind": "mix", "of": "f", "by": "age", "bands": {"young": [0, 17]}}
    lines = (line("f.mix", by="age", category="7"), line("bands", by="age", category="young"))
    assert [row.category for row in topic(*lines, requested=[bands]).mixes("f", "age")] == ["young"]
    assert [row.category for row in topic(*lines).mixes("f", "age")] == ["7"]


def test_places_stand_by_rate_in_the_last_period():
    listed = [line("list.selected", place, count=1) for place in ("Shire", "N", "S")]
    # A named place is made of the list, and lies in a district.
    listed.append(line("list.selected", "Pier", count=1) | {"place_kind": "place"})
    rates = [
        line("f.rate", "Pier", value=9.9, rank=1) | {"place_kind": "place"},
        line("f.rate", "N", period="2021", value=9.0, rank=1),
        line("f.rate", "N", value=1.0, rank=2),
        line("f.rate", "S", value=2.0, rank=1),
        line("f.rate", "Shire", value=1.5),
    ]
    asked = topic(*listed, *rates)
    assert [row.place for row in by_rate(asked)] == ["S", "N"]
    assert kinds_of_pages(asked) == ["whole", "district"]


def test_without_rates_no_place_stands_first():
    assert by_rate(topic(line("f.count"))) == []


def test_letters_and_hours_are_put_into_words():
    (row,) = topic(line("f.mix", by="sex", category="f")).mixes("f", "sex")
    assert text(sex_words(row)) == "female"
    (late,) = topic(line("f.mix", by="hour", category="23")).mixes("f", "hour")
    assert text(hour_of_day(late)) == "23 to 00"
