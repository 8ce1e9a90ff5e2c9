"""A hundred and more ways to spoil the inputs: each is told clearly, none passes in silence."""

import re
from functools import cache

import faults_of_areas  # noqa: F401 (adds its cases)
import faults_of_configs  # noqa: F401
import faults_of_events  # noqa: F401
import faults_of_tables  # noqa: F401
import pytest
from commands import said_by
from fault_corpus import CASES, write_project

from riskindex import read_config, release, run, save
from riskindex.check import look
from riskindex.errors import RiskindexError
from riskindex.outputs.verify import verify


def outcome(project):
    """The exit code of `check`, and the sentences that it prints."""
    try:
        found = look(read_config(project.folder / "config.toml"))
        found.raise_any()
    except RiskindexError as error:
        return error.exit_code, list(error.faults)
    return 0, found.lines


@cache
def _sound(parent):
    folder = parent / "sound"
    folder.mkdir()
    return outcome(write_project(folder))[1]


def sound(tmp_path):
    """What is said of the project as it is."""
    return _sound(tmp_path.parent)


def counted(lines):
    """What the source counted, as the line of its reconciliation says."""
    (line,) = (line for line in lines if re.match(r"crimes: .* events read", line))
    return int(re.search(r"([\d,]+) counted", line)[1].replace(",", ""))


ADVICE = re.compile(
    r"(?:[.:;] |, or )(?:Use|Save|Name|Write|Set|Download|Correct|Leave|Take|Keep|Check|Put|Say|"
    r"Change|Remove|Fill|Format|If|Is |Dissolve|Make|Unpack|did you mean|the nearest is|there is|"
    r"known|it names|tables:|bases:|choose|mend|write|name|rename|leave|save|set)|must|needs? "
    r"|should be|required"
    r"|belong together|differ|at line"
)
"""Words that tell what to do, or what there is to choose from."""


def every(step):
    """All cases: those of the config, which take no time, and some of the rest by default."""
    return [
        pytest.param(
            case, id=case.name, marks=[pytest.mark.long] if case.code != 2 and k % step else []
        )
        for k, case in enumerate(CASES)
    ]


@pytest.mark.parametrize("case", every(5))
def test_every_fault_is_told_with_its_place_and_what_to_do(case, tmp_path):
    project = write_project(tmp_path)
    case.spoil(project)
    code, words = outcome(project)
    assert (code, words if code != case.code else "") == (case.code, "")
    assert any(all(word in line for word in case.says) for line in words), words
    if case.code:
        assert [line for line in words if not ADVICE.search(line)] == []
    if case.counted is not None:
        assert counted(words) == case.counted
    elif case.code == 0 and not case.says:
        assert words == sound(tmp_path)  # what is said nothing of has changed nothing


def test_the_corpus_is_large_and_no_name_stands_twice():
    names = [case.name for case in CASES]
    assert len(names) >= 120
    assert len(set(names)) == len(names)


def spoilt(tmp_path, *names):
    """A project with several faults at once."""
    project = write_project(tmp_path)
    for case in CASES:
        if case.name in names:
            case.spoil(project)
    return project


def test_check_finds_the_faults_of_every_part_at_once(tmp_path):
    names = (
        "a negative count",
        "an area in two districts",
        "a day that is none",
        "an override of an area that is not there",
        "more neighbours than areas",
    )
    _, words = outcome(spoilt(tmp_path, *names))
    assert any("different groups" in line for line in words if "lookup.csv" in line)
    # Without its groups, nothing more is asked of the areas.
    for case in (case for case in CASES if case.name in ("a negative count", "a day that is none")):
        assert any(all(word in line for word in case.says) for line in words), case.name
    code, words = outcome(spoilt(tmp_path, *(name for name in names if "districts" not in name)))
    assert code == 2  # as a run would: the selection is looked at before the tables
    for case in (case for case in CASES if case.name in names and "districts" not in case.name):
        assert any(all(word in line for word in case.says) for line in words), case.name


def test_the_faults_of_a_config_come_together(tmp_path):
    names = (
        "a share in per cent",
        "a negative snap",
        "a level of 95",
        "one coordinate alone",
        "a normalisation that is none",
        "periods in the wrong order",
    )
    project = write_project(tmp_path)
    more = "[selection]\nshare = 5\n[neighbours]\nsnap = -1\n[bases]"
    project.change("config.toml", "[bases]", more)
    more = 'score = "flag"\nlevel = 95\nnormalise = "minmax"'
    project.change("config.toml", 'score = "flag"', more)
    project.change("config.toml", 'area = "area"', 'area = "area"\nx = "lon"')
    project.change("config.toml", "[2021, 2022]", "[2022, 2021]")
    code, words = outcome(project)
    assert code == 2
    for case in (case for case in CASES if case.name in names):
        assert any(all(word in line for word in case.says) for line in words), case.name


@pytest.mark.parametrize(
    "name",
    [
        "a negative count",
        pytest.param("a share in per cent", marks=pytest.mark.long),
        pytest.param("a rule with a slip", marks=pytest.mark.long),
    ],
)
def test_the_commands_end_alike_and_show_no_traceback(tmp_path, name):
    config = spoilt(tmp_path, name).folder / "config.toml"
    run = ("run", config, "--out", tmp_path / "result", "--profile", "internal")
    done = [said_by("check", config), said_by(*run)]
    (case,) = (case for case in CASES if case.name == name)
    assert [one.returncode for one in done] == [case.code] * 2
    assert not any("Traceback" in one.stderr for one in done)
    assert done[0].stderr == done[1].stderr
    assert not (tmp_path / "result").exists()


@pytest.mark.parametrize(
    ("name", "profile"), [("events with tabs", "internal"), ("an empty cell", "public")]
)
def test_a_list_that_nobody_is_on_is_written_and_released(
    tmp_path, name, profile, small_lists_leave
):
    project = spoilt(tmp_path, name)
    people = 'path = "people.csv"\n'
    opened = 'protection = "open"\naddress = "the library"\nlicence = "any"\n'
    project.change("config.toml", people, people + opened)
    project.change("config.toml", "[bases]", '[release]\nkey = "release.key"\n[bases]')
    project.change("config.toml", "[bases]", "[selection]\nnumber = 2\n[bases]")
    result = run(read_config(tmp_path / "config.toml"))
    assert not result.index["selected"].any()
    save(release(result, profile=profile), tmp_path / "result")
    assert verify(tmp_path / "result").faults == ()
