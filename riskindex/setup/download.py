"""Files from the network: resumed where they stopped, checked, and never half there.

Only `riskindex fetch` comes here. Proxies are those of the environment (HTTPS_PROXY, NO_PROXY).
"""

import io
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from riskindex.errors import InputError
from riskindex.files.formats import CHUNK

TRIES, TIMEOUT = 4, 60.0
"""Attempts before a service counts as out of reach, and seconds that each may be silent."""
LARGEST_DOWNLOAD = 8 << 30
"""Bytes of the largest file that is fetched; an archive of police.uk has 2 GB."""
LARGEST_ANSWER = 1 << 28
"""Bytes of the largest answer that is held in memory."""
BLOCK = 1 << 20
"""Bytes asked for at once in the middle of a file."""

Progress = Callable[[str, int, int | None], None]
"""Told the name of a file, the bytes there are of it, and how many there will be if known."""

_BROKEN = (URLError, TimeoutError, ConnectionError, HTTPException)
"""What a connection that fails or ends too early raises."""


class NoPartsError(Exception):
    """A server answers with a whole file when asked for a part of it."""


def get_json(address: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """An answer of a service that speaks JSON.

    Raises
    ------
    InputError
        The service is out of reach, says no, or its answer is no JSON or cut short each time.
    """
    asked = f"{address}?{urlencode(parameters)}"
    for attempt in range(TRIES):
        try:
            with _opened(asked) as answer:
                # Bounded: an answer without an end would fill the memory.
                text = answer.read(LARGEST_ANSWER)
            # http.client takes a connection that ends early for the end of an answer.
            _refuse_cut_short(len(text), answer.headers.get("Content-Length"))
            document = json.loads(text)
        # A proxy's page in place of JSON may be gone a moment later, as a cut answer may.
        except (*_BROKEN, ValueError):
            _wait(attempt)
            continue
        if isinstance(document, dict):
            return document
        break
    raise InputError(f"{address}: the answer is no JSON, or ends in the middle. Try again later.")


def _refuse_cut_short(read: int, promised: str | None) -> None:
    if promised is not None and read != int(promised):
        raise ConnectionError("cut short")


def download(address: str, target: Path, *, say: Progress) -> None:
    """Fetch a file; what an earlier attempt fetched of it is not fetched again.

    Parameters
    ----------
    address
        Of the web.
    target
        Where it is put when it is whole. Until then it lies beside it, under a hidden name.
    say
        Told how far it is.

    Raises
    ------
    InputError
        The service is out of reach or says no, the file is too large, or the disk is full.
    """
    # Hidden and beside the target: no command takes half a file for a file, and the last step is a
    # rename on one disk.
    part = target.with_name(f".{target.name}.part")
    for attempt in range(TRIES):
        if _continued(address, part, target.name, say):
            part.replace(target)
            _validator_of(part).unlink(missing_ok=True)
            return
        _wait(attempt)
    raise InputError(
        f"{address}: the connection ends before the file does, each time. What is there stays in "
        f"{part.name}: try again, and it goes on from there."
    )


def _continued(address: str, part: Path, name: str, say: Progress) -> bool:
    """Fetch what is still missing of a file; whether it is whole then."""
    # Without a validator nothing says that the rest belongs to the same file: two halves of two
    # editions would be one zip.
    validator = _known_validator(address, part)
    have = part.stat().st_size if validator else 0
    # If-Range: the server sends the rest only of the same file, and else the whole of the new one
    # (RFC 9110).
    ranged = {"Range": f"bytes={have}-", "If-Range": validator} if have else {}
    try:
        with _opened(address, headers=ranged) as answer:
            if answer.status != 206 or _first_byte(answer) != have:
                have = 0  # the file has changed since, or the server knows no parts
            total = _total(answer, have)
            _refuse_large(address, total, part.parent)
            _keep_validator(address, answer, part)
            with part.open("r+b" if have else "wb") as out:
                out.seek(have)
                while chunk := answer.read(CHUNK):
                    out.write(chunk)
                    say(name, out.tell(), total)
                    _refuse_large(address, out.tell(), part.parent)
                # Without a length the end of the connection is all that tells the end of the file.
                return total is None or out.tell() == total
    except _RangeError:
        part.unlink(missing_ok=True)
    except _BROKEN:
        pass
    return False


def _first_byte(answer: HTTPResponse) -> int | None:
    match = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _total(answer: HTTPResponse, have: int) -> int | None:
    length = answer.headers.get("Content-Length")
    return None if length is None else have + int(length)


def _refuse_large(address: str, size: int | None, folder: Path) -> None:
    if size is not None and size > LARGEST_DOWNLOAD:
        raise InputError(f"{address}: {size:,} bytes, more than any file that is needed.")
    # Asked at each piece: other programs fill the disk while an archive comes.
    if size is not None and shutil.disk_usage(folder).free < CHUNK:
        raise InputError(f"{folder}: the disk is full. Make room, and try again.")


def _validator_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _known_validator(address: str, part: Path) -> str:
    """What tells whether the file is still the one of which a part is there; "" if nothing is."""
    try:
        kept = json.loads(_validator_of(part).read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    fits = isinstance(kept, dict) and kept.get("address") == address and part.is_file()
    return str(kept.get("validator", "")) if fits else ""


def _keep_validator(address: str, answer: HTTPResponse, part: Path) -> None:
    entity = answer.headers.get("ETag", "")
    strong = entity if not entity.startswith("W/") else ""  # a weak one compares no bytes
    kept = {"address": address, "validator": strong or answer.headers.get("Last-Modified", "")}
    _validator_of(part).write_text(json.dumps(kept), "utf-8")


class RemoteFile(io.RawIOBase):
    """A file on a server, of which only the parts that are read are fetched.

    Parameters
    ----------
    address
        Of a server that answers with parts of a file.

    Raises
    ------
    NoPartsError
        It answers with the whole file.
    InputError
        The service is out of reach or says no.
    """

    def __init__(self, address: str) -> None:
        super().__init__()
        self.at = 0
        with _opened(address, headers={"Range": "bytes=0-0"}) as answer:
            match = re.fullmatch(r"bytes 0-0/(\d+)", answer.headers.get("Content-Range", ""))
            if answer.status != 206 or match is None:
                raise NoPartsError(address)
            # The address after redirects, so that each part need not go through them again.
            self.address, self.size = str(answer.url), int(match[1])
            self.entity = answer.headers.get("ETag")

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        return self.at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place in the file."""
        # zipfile reads the directory at the end of an archive first, by seeking.
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.at, os.SEEK_END: self.size}[whence]
        self.at = min(max(base + offset, 0), self.size)
        return self.at

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 (a writable buffer)
        """Fetch as many bytes as the buffer takes, or as there are."""
        last = min(self.at + len(buffer), self.size) - 1
        if last < self.at:
            return 0
        data = self._part(self.at, last)
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)

    def _part(self, first: int, last: int) -> bytes:
        for attempt in range(TRIES):
            try:
                with _opened(self.address, headers={"Range": f"bytes={first}-{last}"}) as answer:
                    # Parts of two editions of an archive would make one file, and a broken one.
                    if answer.status != 206 or answer.headers.get("ETag") != self.entity:
                        raise InputError(f"{self.address}: has changed meanwhile. Try again.")
                    data = answer.read(last - first + 1)
                if len(data) == last - first + 1:
                    return data
            except _BROKEN:
                pass
            _wait(attempt)
        raise InputError(f"{self.address}: the connection ends too early, each time. Try again.")


class _RangeError(Exception):
    """A part was asked for that the file does not have."""


def _opened(address: str, *, headers: Mapping[str, str] = {}) -> HTTPResponse:
    """The answer to a request, tried again where the fault may pass."""
    # Before the first byte: an address in a config may come from anybody.
    _refuse_other_schemes(address)
    request = Request(address, headers=dict(headers))
    for attempt in range(TRIES):
        try:
            answer: HTTPResponse = _opener().open(request, timeout=TIMEOUT)
            _refuse_other_schemes(str(answer.url))  # where redirects led
            return answer
        except HTTPError as error:
            error.close()
            if error.code == 416:
                raise _RangeError from None
            if error.code not in _PASSING or attempt == TRIES - 1:
                raise InputError(_refused(address, error.code)) from None
        except _BROKEN as error:
            if attempt == TRIES - 1:
                raise InputError(_out_of_reach(address, error)) from None
        _wait(attempt)
    raise AssertionError("the last attempt returns or raises")


def _refuse_other_schemes(address: str) -> None:
    parts = urlsplit(address)
    # A service on the same computer, as in tests, needs no encryption.
    is_here = parts.hostname in ("127.0.0.1", "localhost", "::1")
    # Without encryption anybody on the way could put other boundaries in place of the right ones.
    if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
        raise InputError(f"{address}: not an encrypted address (https); refused.")


def _opener() -> OpenerDirector:
    """What opens addresses of the web and nothing else: no file:, ftp: or data:."""
    # Not urllib's default opener, which opens file: and ftp: addresses as well.
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPDefaultErrorHandler(),
        HTTPRedirectHandler(),
        HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    opener.addheaders = [("User-Agent", "riskindex"), ("Accept", "*/*")]
    return opener


def _wait(attempt: int) -> None:
    # Longer each time: a service that is overloaded is not helped by being asked at once again.
    time.sleep(2.0**attempt)


_PASSING = (408, 425, 429, 500, 502, 503, 504)
"""Status codes of faults that may be over a moment later."""


def _refused(address: str, code: int) -> str:
    what = {404: "there is no such file", 403: "access is refused", 407: "the proxy wants a login"}
    return f"{address}: {what.get(code, 'the service answers with an error')} (status {code})."


def _out_of_reach(address: str, error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return (
        f"{urlsplit(address).netloc}: out of reach ({reason}). Behind a proxy, set HTTPS_PROXY; "
        "without a network, save the file by hand."
    )
