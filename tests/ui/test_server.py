"""The page's server answers one browser on this computer, and nobody else."""

import json
from contextlib import suppress
from http.client import HTTPConnection
from threading import Thread

import pytest

from riskindex.ui.server import ADDRESS, COOKIE, HEADER, LARGEST_CALL, Server


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def ask(server, path, *, method="GET", body=None, **headers):
    """Status, headers and body of one call; `Host` is the server's own unless given."""
    connection = HTTPConnection(ADDRESS, server.server_port, timeout=10)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body=body, headers=named)
    answer = connection.getresponse()
    said = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return said


def post(server, path, values, **headers):
    token = {HEADER.replace("-", "_"): server.token}
    status, _, body = ask(
        server, path, method="POST", body=json.dumps(values), **{**token, **headers}
    )
    return status, body


def test_it_listens_on_this_computer_alone(server):
    assert server.server_address[0] == "127.0.0.1"


def test_the_page_comes_with_the_token_and_a_policy(server):
    status, headers, body = ask(server, f"/?token={server.token}")
    assert status == 200
    assert server.token in body.decode()
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "HttpOnly; SameSite=Strict" in headers["Set-Cookie"]
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("path", ["/", "/page.js", "/api/start", "/result/map.html", "/?token=x"])
def test_without_the_token_nothing_is_answered(server, path):
    status, _, body = ask(server, path)
    assert (status, body) == (403, b"Forbidden")


def test_another_name_of_this_computer_is_refused(server):
    status, _, _ = ask(server, f"/?token={server.token}", Host="evil.example")
    assert status == 403


def test_another_page_is_refused_even_with_the_cookie(server):
    cookie = f"{COOKIE}={server.token}"
    status, _, _ = ask(server, "/api/start", Cookie=cookie, Origin="https://evil.example")
    assert status == 403
    status, _ = post(server, "/api/write", {}, Origin="https://evil.example")
    assert status == 403


def test_the_cookie_alone_changes_nothing(server):
    status, _, _ = ask(
        server, "/api/stop", method="POST", body="{}", Cookie=f"{COOKIE}={server.token}"
    )
    assert status == 403


def test_a_fault_is_said_in_sentences(server):
    status, body = post(server, "/api/look", {"preset": "open-data", "area": "Esex", "data": "d"})
    assert status == 422
    assert "Essex" in json.loads(body)["faults"][0]


def test_a_call_that_is_too_large_is_not_read(server):
    status, body = post(server, "/api/look", {"area": "x" * LARGEST_CALL})
    assert (status, "more than a choice" in body.decode()) == (422, True)


@pytest.mark.parametrize(
    "values", [[], {"weights": []}, {"area": "Essex", "weights": None}, {"preset": {}, "area": 3}]
)
def test_a_call_of_another_shape_is_answered_in_a_sentence(server, values):
    for path in ("/api/look", "/api/write"):
        status, body = post(server, path, values)
        assert status in (400, 422)
        assert json.loads(body)["faults"]


def test_a_length_that_is_none_is_answered_at_once(server):
    for length in ("-1", "many"):
        status, _ = post(server, "/api/look", {}, Content_Length=length)
        assert status in (400, 422)


def test_a_dropped_file_arrives_byte_for_byte(server):
    content = bytes(range(256)) * 5_000
    token = {HEADER.replace("-", "_"): server.token}
    status, _, _ = ask(server, "/api/files?name=a%20b.zip", method="POST", body=content, **token)
    assert status == 200
    assert (server.desk.home / "data" / "a b.zip").read_bytes() == content
    assert [path.name for path in (server.desk.home / "data").iterdir()] == ["a b.zip"]


def test_of_the_folder_only_the_result_is_served(server):
    home = server.desk.home
    (home / "result").mkdir()
    (home / "result" / "map.html").write_text("<p>map</p>")
    (home / "private.csv").write_text("secret")
    cookie = {"Cookie": f"{COOKIE}={server.token}"}
    assert ask(server, "/result/map.html", **cookie)[2] == b"<p>map</p>"
    with suppress(OSError):  # Windows lets few people make a link
        (home / "result" / "link.csv").symlink_to(home / "private.csv")
    for path in (
        "/result/../private.csv",
        "/result/%2e%2e/private.csv",
        "/result//private.csv",
        "/result/%00",
        "/result/link.csv",
        "/private.csv",
    ):
        assert ask(server, path, **cookie)[0] == 404
