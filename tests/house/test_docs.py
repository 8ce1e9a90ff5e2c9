"""The site of the documentation builds without a warning or a network, and answers questions."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LINE = re.compile(
    r"^\| (?P<question>.+\?) \| (?P<words>[^|]+) \| \[.*\]\((?P<page>.+)\.md\) \|$", re.M
)
QUESTIONS = list(LINE.finditer((ROOT / "docs" / "questions.md").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; any warning, such as a link to a page that is not there, fails the build."""
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", folder / "trees"]
    # A proxy that nobody answers: a build that asked the network for anything would fail.
    dead = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [*build, ROOT / "docs", folder / "html"],
        env={**os.environ, **dead, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


def test_there_are_thirty_questions():
    assert len(QUESTIONS) == 30


def test_every_word_of_a_config_has_its_row(site: Path):
    from riskindex.config_schema import schema

    page = (site / "reference" / "config.html").read_text(encoding="utf-8")
    document = schema()
    words = {key for node in (document, *document["$defs"].values()) for key in node["properties"]}
    assert len(words) > 100
    assert [word for word in sorted(words) if f">{word}</span>" not in page] == []


def test_every_public_name_and_command_is_described(site: Path):
    import typer

    import riskindex
    from riskindex.cli import app

    python = (site / "reference" / "python.html").read_text(encoding="utf-8")
    described = set(re.findall(r'id="riskindex\.(\w+)"', python))
    assert set(riskindex.__all__) - {"__version__"} <= described
    commands = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    for name in typer.main.get_command(app).commands:
        assert f'id="riskindex-{name}"' in commands


def test_every_column_of_every_table_is_in_the_dictionary(site: Path):
    from riskindex.publication.data_dictionary import TABLES

    page = (site / "reference" / "outputs.html").read_text(encoding="utf-8")
    columns = {column for _, columns_of, _ in TABLES.values() for column in columns_of}
    assert [column for column in sorted(columns) if f">{column}</span>" not in page] == []


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    """The site on this machine alone: a page opened from a file may not read its own search."""
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.browser
def test_one_search_finds_the_page_that_answers(browser: Any, served: str):
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    missed = []
    for question in QUESTIONS:
        words = question["words"].strip().replace(" ", "+")
        page.goto(f"{served}/search.html?q={words}")
        page.wait_for_selector("#search-results .search-summary", state="attached")
        page.wait_for_function(FINISHED)
        links = page.locator("#search-results ul.search > li > a").evaluate_all(
            "links => links.slice(0, 5).map(link => link.getAttribute('href'))"
        )
        if not any(f"{question['page']}.html" in link for link in links):
            missed.append((question["question"], question["words"], links))
    assert missed == []
    assert [url for url in asked if not url.startswith((served, "data:"))] == []


FINISHED = """() => /finished|did not match/.test(
    document.querySelector("#search-results .search-summary").innerText
)"""
