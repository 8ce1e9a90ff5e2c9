"""A PostgreSQL server of its own, for as long as a test needs one."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOMES = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if os.name == "posix" else []
"""Where Debian keeps the server's programs, the newest version last."""


def programs() -> Path | None:
    """Folder with initdb and pg_ctl; None where there is no server on this machine."""
    found = shutil.which("initdb")
    return Path(found).parent if found else (HOMES[-1] if HOMES else None)


@contextmanager
def server() -> Iterator[str]:
    """Start a server that listens on a socket in a private folder; give its address."""
    at = programs()
    assert at is not None
    # The server refuses to be root; Debian's package brings a user for it.
    user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    home = Path(tempfile.mkdtemp(prefix="riskindex-pg-"))
    data = home / "data"
    if user:
        shutil.chown(home, "postgres", "postgres")

    def call(program: str, *words: object) -> None:
        command = [str(at / program), *map(str, words)]
        subprocess.run(command, check=True, capture_output=True, cwd=home, **user)

    options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off"
    try:
        call("initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        call("pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", options, "start")
        yield f"host={home} user=tester dbname=postgres"
    finally:
        if (data / "postmaster.pid").exists():
            call("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)
