"""A run asks no other computer for anything."""

import os
import shutil
import socket
import subprocess
import sys

import pytest
from fault_corpus import write_project

from riskindex import read_config, release, run, save
from riskindex.check import look
from riskindex.outputs.verify import verify


def test_reading_running_and_writing_open_no_connection(tmp_path, monkeypatch):
    asked = []

    def refuse(*given, **_more):
        asked.append(given)
        raise OSError("no network")

    # urllib3, which folium brings, binds a port of this machine to see whether it has IPv6.
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    config = read_config(write_project(tmp_path).folder / "config.toml")
    look(config).raise_any()
    save(release(run(config), profile="internal"), tmp_path / "result")
    assert verify(tmp_path / "result").faults == ()
    assert asked == []


@pytest.mark.long
def test_without_any_network_the_libraries_of_c_write_the_same_bytes(tmp_path):
    alone = ["unshare", "--net", "--map-root-user"]
    tried = (
        subprocess.run([*alone, "true"], capture_output=True, check=False)
        if shutil.which("unshare")
        else None
    )
    if tried is None or tried.returncode:
        pytest.skip("this machine lets us take no network away")
    config = write_project(tmp_path).folder / "config.toml"
    command = [sys.executable, "-m", "riskindex", "run", str(config), "--profile", "internal"]
    for before, name in (([], "with"), (alone, "without")):
        target = str(tmp_path / name)
        subprocess.run([*before, *command, "--out", target], check=True, env=dict(os.environ))
    hashes = [
        {path.name: path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file()}
        for name in ("with", "without")
    ]
    assert hashes[0] == hashes[1]
