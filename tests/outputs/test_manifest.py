"""The manifest says what a result is made of, and nothing about who made it where."""

import getpass
import hashlib
import json
import socket

from riskindex.outputs.manifest import seal, write_manifest


def test_every_output_is_hashed(county_released, tmp_path):
    (tmp_path / "list.csv").write_text("a,b\n")
    write_manifest(county_released, tmp_path)
    document = json.loads((tmp_path / "manifest.json").read_text())
    digest = hashlib.sha256(b"a,b\n").hexdigest()
    assert document["outputs"] == [{"name": "list.csv", "bytes": 4, "sha256": digest}]


def test_the_events_reconcile_in_the_manifest(county_released, tmp_path):
    write_manifest(county_released, tmp_path)
    rows = json.loads((tmp_path / "manifest.json").read_text())["reconciliation"]
    assert rows
    for row in rows:
        parts = [v for k, v in row.items() if k not in ("source", "factor", "read")]
        assert row["read"] == sum(parts)


def test_there_is_no_user_host_or_folder_in_it(county_released, tmp_path):
    write_manifest(county_released, tmp_path)
    text = (tmp_path / "manifest.json").read_text()
    assert str(tmp_path) not in text
    assert socket.gethostname() not in text
    assert f'"{getpass.getuser()}"' not in text


def test_what_is_not_known_is_null(tmp_path):
    seal({"selection": {"score_at_cut": float("nan"), "parts": (1.0, float("inf"))}}, tmp_path)
    found = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["selection"]
    assert found == {"score_at_cut": None, "parts": [1.0, None]}
