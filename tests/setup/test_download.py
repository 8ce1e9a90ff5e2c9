"""Files from a server: whole or not at all, and never twice."""

import io
import zipfile

import pytest

from riskindex.errors import InputError
from riskindex.setup.download import NoPartsError, RemoteFile, download, get_json

BODY = bytes(range(256)) * 4_000


def silent(_name, _there, _total):
    pass


def test_a_file_is_fetched_whole_and_its_progress_told(web, tmp_path):
    web.files["/a.zip"] = BODY
    said = []
    download(f"{web.root}/a.zip", tmp_path / "b.zip", say=lambda *given: said.append(given))
    assert (tmp_path / "b.zip").read_bytes() == BODY
    assert said[-1] == ("b.zip", len(BODY), len(BODY))
    assert [path.name for path in tmp_path.iterdir()] == ["b.zip"]


def test_a_body_cut_short_is_gone_on_with_where_it_ended(web, tmp_path):
    web.files["/a.zip"] = BODY
    web.faults = ["cut", "cut"]
    download(f"{web.root}/a.zip", tmp_path / "a.zip", say=silent)
    assert (tmp_path / "a.zip").read_bytes() == BODY
    half = len(BODY) // 2
    assert web.asked[1] == ("/a.zip", f"bytes={half}-")


def test_a_fetch_that_was_given_up_goes_on_the_next_time(web, tmp_path):
    web.files["/a.zip"] = BODY
    web.faults = ["cut"] * 4
    with pytest.raises(InputError, match="try again, and it goes on from there"):
        download(f"{web.root}/a.zip", tmp_path / "a.zip", say=silent)
    assert not (tmp_path / "a.zip").exists()
    web.asked.clear()
    download(f"{web.root}/a.zip", tmp_path / "a.zip", say=silent)
    assert (tmp_path / "a.zip").read_bytes() == BODY
    assert web.asked[0][1] is not None


def test_a_file_that_changed_meanwhile_is_fetched_from_the_start(web, tmp_path):
    web.files["/a.zip"] = BODY
    web.faults = ["cut"] * 4
    with pytest.raises(InputError):
        download(f"{web.root}/a.zip", tmp_path / "a.zip", say=silent)
    web.files["/a.zip"] = BODY[::-1]
    download(f"{web.root}/a.zip", tmp_path / "a.zip", say=silent)
    assert (tmp_path / "a.zip").read_bytes() == BODY[::-1]


def test_a_server_without_parts_sends_all_of_it_again(web, tmp_path):
    web.files["/a.zip"] = BODY
    web.knows_parts = False
    web.faults = ["cut"]
    download(f"{web.root}/a.zip", tmp_path / "a.zip", say=silent)
    assert (tmp_path / "a.zip").read_bytes() == BODY


def test_a_part_beyond_the_end_starts_anew(web, tmp_path):
    web.files["/a.zip"] = BODY
    web.faults = ["cut"] * 4
    with pytest.raises(InputError):
        download(f"{web.root}/a.zip", tmp_path / "a.zip", say=silent)
    with (tmp_path / ".a.zip.part").open("ab") as part:
        part.write(BODY)
    download(f"{web.root}/a.zip", tmp_path / "a.zip", say=silent)
    assert (tmp_path / "a.zip").read_bytes() == BODY


def test_redirects_are_followed_and_faults_that_pass_are_waited_for(web, tmp_path):
    web.files["/far.zip"] = BODY
    web.redirects["/near.zip"] = f"{web.root}/far.zip"
    web.faults = [503, 429]
    download(f"{web.root}/near.zip", tmp_path / "a.zip", say=silent)
    assert (tmp_path / "a.zip").read_bytes() == BODY


@pytest.mark.parametrize("elsewhere", ["http://example.org/a.zip", "file:///etc/hostname"])
def test_a_redirect_to_what_is_not_encrypted_is_refused(web, tmp_path, elsewhere):
    web.redirects["/a.zip"] = elsewhere
    with pytest.raises(InputError):
        download(f"{web.root}/a.zip", tmp_path / "a.zip", say=silent)
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.parametrize(
    "address", ["file:///etc/hostname", "ftp://127.0.0.1/a", "data:,a", "http://example.org/a"]
)
def test_only_encrypted_addresses_of_the_web_are_opened(address, tmp_path):
    with pytest.raises(InputError, match="not an encrypted address"):
        download(address, tmp_path / "a", say=silent)


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "there is no such file"), (403, "access is refused"), (500, "answers with an error")],
)
def test_what_a_service_refuses_is_said(web, tmp_path, status, words):
    web.faults = [status] * 4
    with pytest.raises(InputError, match=words):
        download(f"{web.root}/a.zip", tmp_path / "a.zip", say=silent)


def test_a_service_out_of_reach_is_said_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr("riskindex.setup.download._wait", lambda _attempt: None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(InputError, match=r"out of reach .* set HTTPS_PROXY; without a network"):
        download("http://127.0.0.1:9/a.zip", tmp_path / "a.zip", say=silent)


def test_the_proxy_of_the_environment_is_asked(web, tmp_path, monkeypatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("http_proxy", web.root)
    web.files["/a.zip"] = BODY
    download("http://localhost:1/a.zip", tmp_path / "a.zip", say=silent)
    assert (tmp_path / "a.zip").read_bytes() == BODY


def test_a_file_larger_than_any_is_refused_before_it_is_read(web, tmp_path, monkeypatch):
    monkeypatch.setattr("riskindex.setup.download.LARGEST_DOWNLOAD", 1_000)
    web.files["/a.zip"] = BODY
    with pytest.raises(InputError, match="more than any file that is needed"):
        download(f"{web.root}/a.zip", tmp_path / "a.zip", say=silent)


def test_of_a_remote_zip_only_what_is_read_is_fetched(web):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in "abc":
            archive.writestr(name, name.encode() * 200_000)
    web.files["/a.zip"] = packed.getvalue()
    remote = io.BufferedReader(RemoteFile(f"{web.root}/a.zip"), 10_000)
    with zipfile.ZipFile(remote) as archive:
        assert archive.read("b") == b"b" * 200_000
    spans = [asked[1].removeprefix("bytes=").split("-") for asked in web.asked]
    fetched = sum(int(last) - int(first) + 1 for first, last in spans)
    assert 200_000 < fetched < 320_000 < len(packed.getvalue())


def test_a_part_cut_short_is_asked_for_again(web):
    web.files["/a"] = BODY
    remote = RemoteFile(f"{web.root}/a")
    web.faults = ["cut", 503]
    assert io.BufferedReader(remote, 1_000).read(500) == BODY[:500]


def test_a_server_without_parts_says_so(web):
    web.files["/a"] = BODY
    web.knows_parts = False
    with pytest.raises(NoPartsError):
        RemoteFile(f"{web.root}/a")


def test_a_remote_file_that_changes_is_not_mixed(web):
    web.files["/a"] = BODY
    remote = RemoteFile(f"{web.root}/a")
    web.files["/a"] = BODY[::-1]
    with pytest.raises(InputError, match="has changed meanwhile"):
        remote.read(10)


def test_an_answer_that_is_no_json_is_said(web):
    web.files["/q"] = b"<html>Sign in</html>"
    with pytest.raises(InputError, match="no JSON"):
        get_json(f"{web.root}/q", {"f": "json"})


def test_an_answer_cut_short_is_asked_for_again(web):
    web.files["/q"] = b'{"count": 12345678}'
    web.faults = ["cut"]
    assert get_json(f"{web.root}/q", {}) == {"count": 12345678}
