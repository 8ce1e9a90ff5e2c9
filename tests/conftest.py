"""Where the real data is, and what every test may use."""

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import settings
from list_refusals import ask_no_other_choices, lists_may_leave
from machine import SHARED, STEADY, skip_without

# The same examples in every run, and no deadline: machines that run tests are busy.
settings.register_profile("steady", deadline=None, derandomize=True, max_examples=STEADY)
settings.load_profile("steady")
# With `--hypothesis-profile thorough`: more of them, and others each time.
settings.register_profile("thorough", deadline=None, max_examples=1_000)

LONGEST = (
    "test_docs.py",
    "test_notebooks.py",
    "test_essex.py",
    "test_preset_pages.py",
    "test_presets.py",
    "test_non_interference.py",
    "test_cases.py",
    "test_kills.py",
    "test_leaks.py",
    "test_browser.py",
    "test_browser_released.py",
    "test_payloads.py",
    "test_spark.py",
    "test_browser_ui.py",
    "test_browser_pages.py",
    "test_robustness.py",
    "test_profiles.py",
    "test_analysis.py",
)
"""Files that take longest, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with what takes longest: at the end no worker waits for another."""
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and independent answers, which a stranger's clone does not have."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"no real data in {SHARED} (set RISKINDEX_SHARED to a folder that has it)")
    return SHARED


@pytest.fixture(scope="session")
def oracles(shared: Path) -> Path:
    """Answers computed by independent tools (R spdep, COINr, official indices)."""
    return shared / "oracles"


@pytest.fixture(scope="session")
def essex(shared: Path) -> Any:
    """The 1,111 areas of Essex, by code in order."""
    from real_areas import areas_of_essex

    return areas_of_essex(shared)


@pytest.fixture(scope="session")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run of the tests share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def once(workers: Path) -> Callable[[str, Callable[[], Any]], Any]:
    """Make what takes seconds once: the worker that asks first makes it, the others read it."""

    def made(name: str, make: Callable[[], Any]) -> Any:
        path = workers / f"{name}.pickle"
        with FileLock(workers / f"{name}.lock"):
            if not path.exists():
                path.write_bytes(pickle.dumps(make()))
            return pickle.loads(path.read_bytes())

    return made


@pytest.fixture(scope="session")
def county_config(workers: Path, once: Any) -> Path:
    """The config of a small synthetic county, written with all its files."""
    from riskindex.demo.county import synthetic_county
    from riskindex.demo.write_files import write_county

    def make() -> Path:
        return write_county(synthetic_county(seed=7, n=160, districts=4), workers / "county")

    return once("county", make)


@pytest.fixture(scope="session")
def county_result(county_config: Path, once: Any):
    """What a run on the small county found out."""
    from riskindex import read_config, run

    return once("county_result", lambda: run(read_config(county_config)))


@pytest.fixture(scope="session")
def county_command(county_config: Path, workers: Path, once: Any) -> Any:
    """What the command `run` made of the small county with one thread, in a process of its own."""
    folder, log = workers / "commanded", workers / "commanded.log"
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "DUCKDB_THREADS"), "1")
    asked = ["run", county_config, "--out", folder, "--profile", "internal", "--log", log]

    def make() -> SimpleNamespace:
        done = subprocess.run(
            [sys.executable, "-m", "riskindex", *asked],
            env=os.environ | limits | {"PYTHONHASHSEED": "1"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        said = {"returncode": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
        return SimpleNamespace(**said, folder=folder, log=log)

    return once("commanded", make)


@pytest.fixture(scope="session")
def county_release(county_result: Any, once: Any) -> Callable[[str], Any]:
    """The release of the small county to a profile, whatever its list would tell."""
    from riskindex import release

    def make(profile: str) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            lists_may_leave(patch)
            return release(county_result, profile=profile)

    return cache(lambda profile: once(f"county_{profile}", lambda: make(profile)))


@pytest.fixture(scope="session")
def county_saved(county_release: Any, workers: Path, once: Any) -> Callable[[str], Path]:
    """Folder of all that a release of the small county writes: to read, or to copy."""
    from riskindex import save

    def make(profile: str) -> Path:
        save(county_release(profile), workers / f"saved_{profile}")
        return workers / f"saved_{profile}"

    return cache(lambda profile: once(f"folder_{profile}", lambda: make(profile)))


@pytest.fixture(scope="session")
def county_released(county_release):
    """The small county under the internal profile."""
    return county_release("internal")


@pytest.fixture(scope="module")
def small_lists_leave() -> Iterator[None]:
    """The list of a county of 160 areas is mostly noise; what leaves beside it is looked at."""
    with pytest.MonkeyPatch.context() as patch:
        lists_may_leave(patch)
        yield


@pytest.fixture
def no_other_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other choices would change takes most of the time of a small run; here nobody looks.

    Results and releases that tests share are made in fixtures of sessions and modules, before this.
    """
    ask_no_other_choices(monkeypatch)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A server on this machine, asked without a proxy and without waiting between attempts."""
    from web import serving

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("riskindex.setup.download._wait", lambda _attempt: None)
    with serving() as server:
        yield server


CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY = "html[data-ready=yes]"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        skip_without("playwright is not installed")
    if CHROMIUM is None:
        skip_without("no Chromium on this machine")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@pytest.fixture
def opened(browser: Any) -> Iterator[Any]:
    """Open a file; at the end, nothing was asked for and nothing went wrong."""
    asked: list[str] = []
    wrong: list[str] = []
    contexts = []

    def open_page(
        path: Path, fragment: str = "", width: int = 1440, height: int = 900, ready: str = READY
    ) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(path.as_uri() + fragment)
        page.wait_for_selector(ready, timeout=20_000)
        return page

    open_page.wrong = wrong
    yield open_page
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
    assert len([url for url in asked if url.startswith("file:")]) == len(contexts)
    assert wrong == []
