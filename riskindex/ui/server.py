"""The page's server: on this computer alone, for one browser that has the token."""

import json
import mimetypes
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from riskindex.errors import RiskindexError
from riskindex.ui.desk import RESULT, Desk

# The number and not localhost, which may resolve to another address.
ADDRESS = "127.0.0.1"
LARGEST_CALL, LARGEST_FILE = 1_000_000, 20_000_000_000
"""Bytes of a call, and of a file that is dropped."""
COOKIE, HEADER = "riskindex_token", "X-Riskindex-Token"
_CHUNK = 1 << 20
# How long, in seconds, and for how much a page that still sends is waited for.
_PATIENCE, _MOST_UNREAD = 2, 16 * LARGEST_CALL
_ASSETS = {"/": "page.html", "/page.css": "page.css", "/page.js": "page.js"}
# The page handles restricted tables: it may talk to this server, and to nothing else.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)


class Server(ThreadingHTTPServer):
    """Serves one desk to who has its token; any free port."""

    # An open connection of the browser must not keep the program from ending.
    daemon_threads = True

    def __init__(self, home: Path, *, port: int = 0) -> None:
        self.desk = Desk(home)
        # New at every start: an address in a history lets nobody in tomorrow.
        self.token = secrets.token_urlsafe(32)
        super().__init__((ADDRESS, port), Handler)

    @property
    def address(self) -> str:
        """What to open in the browser; the token in it lets in whoever has it."""
        return f"http://{ADDRESS}:{self.server_port}/?token={self.token}"


class Handler(BaseHTTPRequestHandler):
    """Answers the page's calls; every other one is refused before anything is read."""

    server: Server
    # Which version of Python answers is of no use to a page.
    server_version, sys_version = "riskindex", ""

    def do_GET(self) -> None:
        """The page, its assets, how far the job is, and the files of the result."""
        asked = urlsplit(self.path)
        if not self._is_ours(parse_qs(asked.query).get("token", [""])[0]):
            return
        path = unquote(asked.path)
        if path in _ASSETS:
            self._send_asset(_ASSETS[path])
        elif path == "/api/start":
            self._answer(self.server.desk.start)
        elif path == "/api/progress":
            self._answer(self.server.desk.progress)
        elif path.startswith("/result/"):
            self._send_result(path.removeprefix("/result/"))
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """A choice of the page, or a dropped file."""
        # A form or a script of another page can send no header of its own to this address.
        if not self._is_ours(self.headers.get(HEADER, ""), header_alone=True):
            return
        asked, desk = urlsplit(self.path), self.server.desk
        if asked.path == "/api/files":
            self._answer(partial(self._keep, parse_qs(asked.query).get("name", [""])[0]))
            return
        calls: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "/api/look": desk.look,
            "/api/write": desk.write,
            "/api/begin": lambda call: desk.begin(str(call.get("what"))),
            "/api/stop": lambda _call: desk.stop(),
        }
        if asked.path in calls:
            self._answer(lambda: calls[asked.path](self._call()))
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def finish(self) -> None:
        """Hang up once the page has sent all: bytes left unread would take the answer with them."""
        with suppress(OSError):
            self.wfile.flush()
            self.connection.settimeout(_PATIENCE)
            left = _MOST_UNREAD
            while left > 0 and (block := self.rfile.read1(_CHUNK)):
                left -= len(block)
        super().finish()

    def _is_ours(self, token: str, *, header_alone: bool = False) -> bool:
        """Whether a request is of the browser that was given the token, at this very address.

        Otherwise it is refused. A browser sends its cookie along with whatever calls this address;
        `header_alone` trusts it in nothing that changes something.
        """
        # Another name that resolves to this computer is how a foreign page would get in.
        host = self.headers.get("Host", "")
        origin = self.headers.get("Origin")
        here = f"{ADDRESS}:{self.server.server_port}"
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        held = cookie.value if cookie and not token and not header_alone else token
        fits = host == here and origin in (None, f"http://{here}")
        # In constant time, so that how long an answer takes tells nothing of the token.
        if fits and secrets.compare_digest(held.encode(), self.server.token.encode()):
            return True
        self._refuse(HTTPStatus.FORBIDDEN)
        return False

    def _call(self) -> dict[str, Any]:
        length = self._length()
        if length > LARGEST_CALL:
            raise RiskindexError("The page sent more than a choice can be.")
        call = json.loads(self.rfile.read(length) or b"{}")
        return call if isinstance(call, dict) else {}

    def _length(self) -> int:
        """Bytes of the body; a length below 0 would read until the other end hangs up."""
        return max(int(self.headers.get("Content-Length", 0)), 0)

    def _keep(self, name: str) -> dict[str, Any]:
        """Stream a dropped file to its place; half a file leaves nothing."""
        length = self._length()
        if length > LARGEST_FILE:
            raise RiskindexError(f"{name}: is too large to be dropped. Name its folder instead.")
        place = self.server.desk.place_for(name)
        part = place.with_name(f".{place.name}.part")
        try:
            # x: two drops of one name at the same time must not write into one file.
            with part.open("xb") as out:
                while length > 0 and (block := self.rfile.read(min(length, _CHUNK))):
                    out.write(block)
                    length -= len(block)
            if length:
                raise RiskindexError(f"{name}: did not arrive whole. Drop it again.")
            part.rename(place)
        finally:
            part.unlink(missing_ok=True)
        return {"kept": place.name}

    def _answer(self, call: Callable[[], dict[str, Any]]) -> None:
        try:
            status, said = HTTPStatus.OK, call()
        except RiskindexError as error:
            status, said = HTTPStatus.UNPROCESSABLE_ENTITY, {"faults": list(error.faults)}
        # A wrong call ends in a sentence on the page, and not in a traceback with values of the
        # data.
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            status, said = HTTPStatus.BAD_REQUEST, {"faults": [f"It cannot be done: {error}."]}
        self._send(json.dumps(said).encode("utf-8"), "application/json", status=status)

    def _send_asset(self, name: str) -> None:
        text = files("riskindex.ui").joinpath("assets", name).read_text("utf-8")
        text = text.replace("{{token}}", self.server.token)
        kind = mimetypes.types_map[Path(name).suffix]
        self._send(text.encode("utf-8"), f"{kind}; charset=utf-8", policy=_POLICY)

    def _send_result(self, name: str) -> None:
        """A file of the result, and of nothing beside it."""
        folder = (self.server.desk.home / RESULT).resolve()
        # Resolved first: .. and links would lead out of the result otherwise. No name has a NUL,
        # which would end the call without an answer.
        path = (folder / name.replace("\0", "")).resolve()
        if not path.is_relative_to(folder) or not path.is_file():
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        # The pages of a result carry a policy of their own, which lets them load nothing.
        self._send(path.read_bytes(), f"{kind}; charset=utf-8" if "text" in kind else kind)

    def _send(
        self, body: bytes, kind: str, *, status: HTTPStatus = HTTPStatus.OK, policy: str = ""
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        # Counts of small areas must not stay in the browser's cache when the result is gone.
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        if policy:
            self.send_header("Content-Security-Policy", policy)
            # So that links between pages of the result work, which cannot send a header.
            cookie = f"{COOKIE}={self.server.token}; HttpOnly; SameSite=Strict; Path=/"
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: HTTPStatus) -> None:
        self._send(status.phrase.encode("ascii"), "text/plain; charset=utf-8", status=status)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: a log would hold the token."""
