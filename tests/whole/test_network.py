"""No command but `fetch` asks another computer for anything."""

import ast
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from fault_corpus import write_project

import riskindex
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


PACKAGE = Path(riskindex.__file__).parent
NETWORK = {"http", "urllib", "socket", "ssl", "ftplib", "requests", "urllib3", "httpx", "aiohttp"}


def imports(path):
    """Names that a file imports, at its head or inside its functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_one_module_can_use_a_network_and_one_command_leads_to_it():
    using, leading = set(), set()
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).with_suffix("").as_posix()
        found = set(imports(path))
        if {full.partition(".")[0] for full in found} & NETWORK:
            using.add(name)
        if any(full.startswith("riskindex.setup.fetch") for full in found):
            leading.add(name)
    assert using == {"setup/download", "ui/server"}
    assert leading == {"cli"}
    # The page's server listens on this computer alone, and calls nobody.
    served = set(imports(PACKAGE / "ui" / "server.py"))
    calling = {"http.client", "urllib.request", "socket", "ssl"}
    assert {name for name in served if name.startswith(tuple(calling))} == set()
    calls = [
        node.name
        for node in ast.walk(ast.parse((PACKAGE / "cli.py").read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and "riskindex.setup.fetch" in ast.unparse(node)
    ]
    assert calls == ["fetch"]


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
