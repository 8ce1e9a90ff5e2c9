from dataclasses import replace

import pytest
from event_tables import TABLE, read, write

from riskindex.errors import ConfigError
from riskindex.events.sources import EventSource
from riskindex.publication.protection import is_open


def test_a_date_format_that_is_none_is_refused(tmp_path):
    write(tmp_path, TABLE)
    with pytest.raises(ConfigError, match=r"sources.s: date_format '%Q' is none"):
        read(tmp_path, date_format="%Q")


@pytest.mark.parametrize(
    ("options", "what"),
    [({"area": None}, "name the column area, x and y"), ({"x": "x"}, "x and y belong together")],
)
def test_options_that_do_not_fit_together_are_refused(tmp_path, options, what):
    write(tmp_path, TABLE)
    with pytest.raises(ConfigError, match=what):
        read(tmp_path, **options)


def test_an_event_table_is_restricted_unless_it_says_otherwise():
    source = EventSource(kind="events", path="a", date="d")
    assert not is_open(source)
    assert is_open(replace(source, protection="open"))


def test_a_coordinate_system_that_is_none_is_refused(tmp_path):
    write(tmp_path, "date,x,y\n2022-05-01,1,2\n")
    with pytest.raises(ConfigError, match="banana"):
        read(tmp_path, area=None, x="x", y="y", crs="banana")


def test_columns_of_rules_that_differ_in_capitals_alone_are_refused(tmp_path):
    write(tmp_path, "date,area,kind,Kind\n2022-05-01,E1,a,b\n")
    with pytest.raises(ConfigError, match="'Kind' and 'kind' differ in capitals alone"):
        read(tmp_path, where={"kind": ["a"], "Kind": ["b"]})
    assert len(read(tmp_path, where={"Kind": ["b"]})[0]) == 1
