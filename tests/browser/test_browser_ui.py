"""The page for those who write no TOML: from files in a folder to a result, in a browser."""

from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from official_files import write_essex

from riskindex.ui.server import Server

pytestmark = pytest.mark.browser
READY = "html[data-ready=yes]"


@pytest.fixture
def server(tmp_path: Path):
    with Server(tmp_path) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.desk.stop()
        running.shutdown()


def page_of(browser: Any, server: Server, width: int = 1440) -> Any:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.asked, page.wrong = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.goto(server.address)
    page.wait_for_selector(READY)
    return page


def test_from_real_files_to_a_result_without_a_text_file(browser, server, shared):
    (server.desk.home / "data").mkdir()
    write_essex(shared / "data", server.desk.home / "data")
    page = page_of(browser, server)
    page.fill("#area", "Harlow (district)")
    page.click("#look")
    page.wait_for_selector("#recognised li", timeout=60_000)
    recognised = page.inner_text("#recognised")
    assert "Harlow: district" in recognised
    assert "5a1d2c.zip: 12 months" in recognised
    assert "Missing" not in recognised

    page.uncheck("#take-robbery")
    page.get_by_label("Weight of Violence and sexual offences").fill("2")
    page.click("#run")
    page.wait_for_selector("#said h3", timeout=240_000)
    assert page.inner_text("#said h3") == "Done"
    assert "Selected: " in page.inner_text("#said")

    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Map").click()
    opened.value.wait_for_selector(READY, timeout=60_000)
    assert "Harlow" in opened.value.inner_text("#areas")
    config = (server.desk.home / "riskindex.toml").read_text("utf-8")
    assert 'name = "robbery"' not in config
    here = f"http://127.0.0.1:{server.server_port}/"
    assert [url for url in page.asked if not url.startswith((here, "data:"))] == []
    assert page.wrong == []


def test_a_fault_stands_at_the_field_that_mends_it(browser, server):
    page = page_of(browser, server)
    page.fill("#area", "Esex")
    page.click("#look")
    page.wait_for_selector("#faults-area li")
    assert "the nearest are" in page.inner_text("#faults-area")
    assert page.get_attribute("#area", "aria-invalid") == "true"

    page.fill("#area", "Essex (police force area)")
    page.click("#check")
    page.wait_for_selector("#said h3", timeout=120_000)
    assert page.inner_text("#said h3") == "Not done"
    assert "lsoa21_boundaries.gpkg" in page.inner_text("#faults-files")


def test_a_dropped_file_is_copied_and_recognised(browser, server, shared):
    page = page_of(browser, server)
    page.fill("#area", "Harlow (district)")
    page.set_input_files("#files", shared / "data/census/census2021-ts011.zip")
    page.wait_for_selector("#recognised li", timeout=60_000)
    assert (server.desk.home / "data/census2021-ts011.zip").is_file()
    assert "households: census2021-ts011.zip" in page.inner_text("#recognised")


def test_it_can_be_used_by_keyboard_and_a_screen_reader(browser, server):
    from axe_playwright_python.sync_playwright import Axe

    page = page_of(browser, server, width=390)
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))
    assert {"area", "preset", "data", "files", "look", "take-violence", "check", "run"} <= reached
    serious = [
        found["id"]
        for found in Axe().run(page).response["violations"]
        if found["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
