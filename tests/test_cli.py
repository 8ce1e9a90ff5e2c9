"""The commands as a newcomer meets them: what they print, and how they end."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib

import pytest
from commands import said_by as riskindex
from fault_corpus import write_project

from riskindex import pipeline
from riskindex.cli import main
from riskindex.outputs.verify import verify


@pytest.fixture(scope="module")
def finished(county_command):
    return county_command, county_command.folder


def test_help_names_the_commands():
    said = riskindex("--help").stdout
    assert all(
        command in said
        for command in (
            "demo",
            "new",
            "check",
            "run",
            "backtest",
            "compare",
            "schema",
        )
    )


def test_the_log_has_the_stages_and_what_came_of_them(finished):
    lines = finished[0].log.read_text(encoding="utf-8").splitlines()
    said = [line.split(" INFO ")[1] for line in lines]
    assert said[:3] == ["Reading areas", "Reading tables", "Counting events"]
    assert "Writing the manifest" in said
    assert any(line.startswith("Note: ") for line in said)
    assert said[-1].endswith("internal: 8 of 160 areas selected.")


def test_errors_are_logged_too(tmp_path):
    (tmp_path / "c.toml").write_text("title = 3")
    ended = riskindex("run", tmp_path / "c.toml", "-o", tmp_path / "r", "--log", tmp_path / "log")
    assert ended.returncode == 2
    logged = (tmp_path / "log").read_text(encoding="utf-8")
    assert " ERROR c.toml: title: input should be a valid string, not 3." in logged
    refused = riskindex("run", tmp_path / "c.toml", "-o", tmp_path / "r", "--log", tmp_path)
    assert refused.returncode == 3
    assert "--log" in refused.stderr


def test_the_version_is_that_of_the_package():
    import riskindex as package

    assert riskindex("--version").stdout == f"riskindex {package.__version__}\n"


def test_help_loads_nothing_heavy():
    code = (
        "import sys, riskindex.cli; "
        "heavy = ('numpy', 'pandas', 'geopandas', 'duckdb', 'pydantic'); "
        "print([m for m in heavy if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_a_run_ends_with_what_was_counted_lost_and_selected(finished):
    done, folder = finished
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    said = done.stdout
    for words in ("events read", "counted", "assessed", "Selected: 8", "tie", str(folder)):
        assert words in said


def test_a_run_writes_every_output(finished):
    _, folder = finished
    assert sorted(path.name for path in folder.iterdir()) == [
        "all_areas.csv",
        "areas.gpkg",
        "datapackage.json",
        "figures.csv",
        "figures.parquet",
        "governance.html",
        "hotspots.csv",
        "inside_places.csv",
        "manifest.json",
        "map.html",
        "map.png",
        "places.csv",
        "places.png",
        "profiles",
        "report.html",
        "scores.csv",
        "star",
        "top_areas.csv",
        "uncounted_events.csv",
        "workbook.xlsx",
    ]


def test_quiet_says_nothing(tmp_path):
    write_project(tmp_path)
    config = tmp_path / "config.toml"
    done = riskindex("run", config, "-o", tmp_path / "r", "--profile", "internal", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("preset", ["essex-2022", "open-data"])
def test_new_writes_a_config_that_is_valid_toml_with_comments(preset, tmp_path):
    done = riskindex("new", preset, tmp_path / "c.toml")
    assert done.returncode == 0
    text = (tmp_path / "c.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["factors"]
    assert "#" in text


def test_new_does_not_overwrite(tmp_path):
    (tmp_path / "c.toml").write_text("mine")
    assert riskindex("new", "open-data", tmp_path / "c.toml").returncode == 3
    assert (tmp_path / "c.toml").read_text() == "mine"


def test_new_names_the_presets_that_there_are(tmp_path):
    done = riskindex("new", "kent", tmp_path / "c.toml")
    assert done.returncode == 2
    assert "essex-2022" in done.stderr


def test_check_finds_nothing_wrong_with_the_county(county_config):
    done = riskindex("check", county_config)
    assert done.returncode == 0, done.stderr
    assert "No fault found." in done.stdout
    assert "Areas: 160" in done.stdout


def test_check_lists_the_faults_of_every_part(county_config, tmp_path):
    text = county_config.read_text(encoding="utf-8")
    text = text.replace("data/census2021-ts011.zip", "data/none.zip")
    text = text.replace("data/fires.csv", "data/embers.csv")
    broken = county_config.with_name("broken.toml")
    broken.write_text(text, encoding="utf-8")
    done = riskindex("check", broken)
    assert done.returncode == 3
    assert "none.zip" in done.stderr
    assert "embers.csv" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "none.toml", "--out", "x"], 3, "cannot be read"),
        (["run", "CONFIG", "--out", "x"], 4, "No release profile"),
        (["run", "CONFIG", "--out", "x", "--profile", "secret"], 4, "secret"),
        (["run", "CONFIG", "--profile", "internal"], 2, "--out"),
        (["walk"], 2, "walk"),
    ],
)
def test_a_wrong_call_ends_in_its_own_exit_code(
    county_config, tmp_path, monkeypatch, arguments, code, words
):
    given = [county_config if a == "CONFIG" else a for a in arguments]
    monkeypatch.chdir(tmp_path)
    done = riskindex(*given)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_schema_is_json():
    document = json.loads(riskindex("schema").stdout)
    assert "factors" in document["properties"]


def with_signals():
    """What a terminal gives its programs; a test runner may have them blocked."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(
    "name",
    ["SIGTERM", *(pytest.param(name, marks=pytest.mark.long) for name in ("SIGINT", "SIGHUP"))],
)
def test_a_run_that_is_stopped_says_so_and_leaves_nothing(county_config, tmp_path, name):
    private = tmp_path / "private"
    private.mkdir()
    ours = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "riskindex",
            "run",
            county_config,
            "-o",
            tmp_path / "result",
            "--profile",
            "internal",
        ],
        env=os.environ | {"TMPDIR": str(private)},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=with_signals,  # noqa: PLW1509 (the tests start no threads)
    )
    while not any(tmp_path.glob(".result.riskindex/*/*/events.duckdb")) and ours.poll() is None:
        time.sleep(0.01)
    ours.send_signal(getattr(signal, name))
    _, said = ours.communicate(timeout=60)
    assert ours.returncode == 130
    assert "stopped" in said
    assert list(private.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["private"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_run_under_nohup_outlives_its_terminal():
    code = (
        "import signal; from riskindex import cli; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        "cli._stop_in_good_order(); print(signal.getsignal(signal.SIGHUP).name);"
        "print(signal.getsignal(signal.SIGTERM).__name__)"
    )
    said = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert said.split() == ["SIG_IGN", "stop"]


def test_a_command_in_a_folder_that_is_gone_still_works(tmp_path):
    code = (
        "import os, sys; from riskindex.cli import main; os.rmdir(os.getcwd());"
        "sys.argv = ['riskindex', 'schema']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)
    assert done.returncode == 0


def test_a_run_that_is_stopped_when_its_result_is_in_place_is_done(tmp_path, monkeypatch, capsys):
    write_project(tmp_path)
    saved = pipeline.save

    def stopped_after(*given, **more):
        saved(*given, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "save", stopped_after)
    assert ended(monkeypatch, "run", tmp_path / "config.toml", "--out", tmp_path / "result") == 0
    assert f"Result: {tmp_path / 'result'}" in capsys.readouterr().out
    assert verify(tmp_path / "result").faults == ()


@pytest.mark.parametrize("words", ["Query interrupted", "INTERRUPT Error: Interrupted!"])
def test_a_query_that_is_stopped_is_no_fault_of_ours(tmp_path, monkeypatch, capsys, words):
    def interrupted(*_given, **_more):
        raise RuntimeError(words)

    write_project(tmp_path)
    monkeypatch.setattr(pipeline, "run", interrupted)
    assert ended(monkeypatch, "run", tmp_path / "config.toml", "--out", tmp_path / "result") == 130
    assert capsys.readouterr().err == "riskindex: stopped; the result folder is as it was.\n"


def ended(monkeypatch, *arguments, profile="internal"):
    """The exit code of a command in this process."""
    given = [*map(str, arguments), "--profile", profile]
    monkeypatch.setattr(sys, "argv", ["riskindex", *given])
    with pytest.raises(SystemExit) as stop:
        main()
    return stop.value.code


@pytest.fixture(scope="module")
def internal(tmp_path_factory):
    """A small place, with an internal result."""
    folder = tmp_path_factory.mktemp("internal")
    project = write_project(folder)
    done = riskindex(
        "run", folder / "config.toml", "--out", folder / "result", "--profile", "internal"
    )
    assert done.returncode == 0, done.stderr
    return project


@pytest.mark.parametrize("profile", ["partner", "public"])
def test_an_internal_result_is_not_replaced_by_one_for_others(
    internal, monkeypatch, capsys, profile
):
    def compute(*_given, **_more):
        raise AssertionError("refused before anything is computed")

    monkeypatch.setattr(pipeline, "run", compute)
    result = internal.folder / "result"
    given = ["run", internal.folder / "config.toml", "--out", result]
    assert ended(monkeypatch, *given, profile=profile) == 4
    said = capsys.readouterr().err
    assert f"{result}: holds an internal result" in said
    assert "Name another folder, or give --replace" in said
    assert verify(result).profile == "internal"


def test_a_demo_does_not_replace_an_internal_result_either(internal, monkeypatch, capsys):
    assert ended(monkeypatch, "demo", internal.folder, profile="public") == 4
    assert "holds an internal result" in capsys.readouterr().err
    assert not (internal.folder / "county").exists()


OPEN = 'protection = "open"\naddress = "https://example.org/data"\nlicence = "OGL"'
"""Without a key nothing else leaves the internal profile."""


def test_whoever_says_so_replaces_an_internal_result(tmp_path, monkeypatch):
    project = write_project(tmp_path)
    for source in ("crimes", "people"):
        at = f'path = "{source}.csv"'
        project.change("config.toml", at, f"{at}\n{OPEN}")
    result = tmp_path / "result"
    given = ["run", tmp_path / "config.toml", "--out", result]
    profiles = []
    for profile, more in (("internal", []), ("public", ["--replace"]), ("internal", [])):
        assert ended(monkeypatch, *given, *more, profile=profile) == 0
        profiles.append(verify(result).profile)
    assert profiles == ["internal", "public", "internal"]
