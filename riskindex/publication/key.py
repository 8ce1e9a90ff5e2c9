"""The release key: 32 private random bytes that the noise of every protected cell is made from."""

import os
import secrets
from hashlib import blake2b
from pathlib import Path

import pandas as pd

from riskindex.errors import DisclosureError

VARIABLE = "RISKINDEX_RELEASE_KEY"
"""Environment variable with the path of the key file; the config's own path goes first."""
INVENTED = blake2b(b"the invented county", digest_size=32).digest()
"""Key of the invented county. Everybody knows it, so it protects nothing real."""
INVENTED_CODES = r"E018\d{5}"
"""Area codes of the invented county; no area of England has one."""

_BYTES = 32


def read_key(name: str | None, folder: Path, areas: "pd.Index[str]") -> bytes:
    """Read the release key, or make it where its file is not there yet.

    One key per owner of data, kept for years: the noise of a cell is then the same in every
    release, so that releases cannot be averaged.

    Parameters
    ----------
    name
        Path of the key file; without it, that of the environment variable `VARIABLE`.
    folder
        Folder that a relative path starts from.
    areas
        Codes of the study area: the key of the invented county is refused on any other.

    Raises
    ------
    DisclosureError
        No key is named, others can read it, it is no key, or it is that of the invented county.
    """
    # The config goes first: an inherited variable must not change the noise of a project in
    # silence.
    named = name or os.environ.get(VARIABLE, "")
    if not named:
        raise DisclosureError(
            "Restricted sources leave as protected cells, which need a key. Name a private file "
            f'under [release], key = "release.key", or in {VARIABLE}; it is made on first use. '
            "Keep it, and share it with nobody."
        )
    path = folder / named
    # Made on first use, so that nobody copies a key from an example or from another force.
    if not path.exists():
        _make(path)
    key = _read(path)
    if key == INVENTED and not areas.str.fullmatch(INVENTED_CODES).all():
        raise DisclosureError(
            f"{path.name}: is the key of the invented county, which everybody knows. Name another "
            "file under [release]; its key is made on first use."
        )
    return key


def signing_key(key: bytes) -> bytes:
    """A key for the code of a manifest. The release key cannot be worked out from it."""
    # A hash with its own label: the code of a manifest can be checked in public without bringing
    # the noise nearer.
    return blake2b(key, digest_size=_BYTES, person=b"manifest").digest()


def write_key(path: Path, key: bytes) -> None:
    """Write a key into a new file that its owner alone can read."""
    # Created with its mode in one step: between creating and chmod others could read it. O_EXCL
    # keeps a key that is there, since noise under a new one could be averaged with the old.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{key.hex()}\n")


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_key(path, secrets.token_bytes(_BYTES))
    except OSError as error:
        raise DisclosureError(
            f"{path}: the release key cannot be written ({error.strerror}). Name a file in a "
            "private folder of yours."
        ) from None


def key_in(path: str | Path) -> bytes:
    """The release key in a file.

    Raises
    ------
    DisclosureError
        The file is not there, others can read it, or it holds no key.
    """
    return _read(Path(path))


def _read(path: Path) -> bytes:
    try:
        # Windows has no such mode: there the folder's own permissions are the owner's business.
        if os.name != "nt" and path.stat().st_mode & 0o077:
            raise DisclosureError(
                f"{path}: others can read the release key. Run: chmod 600 {path.name}. If it may "
                "have been copied, what was released with it may be undone: make another."
            )
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        key = b""
    # Whatever is wrong with the text, the message never repeats it: it may hold a part of a real
    # key.
    if len(key) != _BYTES:
        raise DisclosureError(
            f"{path}: is no release key, which is one line of {2 * _BYTES} hexadecimal digits. "
            "Name another file: a key is made where there is none."
        )
    return key
