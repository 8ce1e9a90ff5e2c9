"""TOML files: read whole, and refused where no config is so large, deep or long."""

import codecs
import re
import tomllib
from pathlib import Path
from typing import Any

from riskindex.errors import ConfigError, InputError

LARGEST_CONFIG, MOST_DOTS = 10_000_000, 50
"""Characters of a config, and parts of a dotted key in it, beyond which it is not read."""


def read_toml(path: Path) -> dict[str, Any]:
    """The values of a config file, not yet checked.

    Raises
    ------
    InputError
        The file is not there or is no UTF-8.
    ConfigError
        It is no TOML, or larger or deeper than a config can be.
    """
    try:
        # Editors of Windows save a byte order mark, which TOML forbids, or UTF-16, which is told by
        # name below.
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        # Notepad's "Unicode" is UTF-16, a frequent slip that deserves advice of its own.
        utf16 = error.object[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        what = "written in UTF-16" if utf16 else f"byte {error.start:,} is no UTF-8"
        raise InputError(f"{path.name}: {what}. Save it as UTF-8.") from None
    except OSError as error:
        advice = "Name the config file in it" if path.is_dir() else "Check the name and the folder"
        raise InputError(f"{path}: cannot be read ({error.strerror}). {advice}.") from None
    return _parsed(text, path.name)


def _parsed(text: str, name: str) -> dict[str, Any]:
    """The values of a TOML text that is no larger, deeper or longer than a config can be."""
    if len(text) > LARGEST_CONFIG:
        raise ConfigError(f"{name}: over {LARGEST_CONFIG:,} characters, which no config has.")
    for number, line in enumerate(text.splitlines(), 1):
        # The parser keeps every beginning of a dotted key, which grows with the square of it.
        if re.split(r"[=#\"']", line, maxsplit=1)[0].count(".") > MOST_DOTS:
            raise ConfigError(f"{name}: line {number}: a key of over {MOST_DOTS} parts.")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        advice = _BACKSLASH if "\\" in text else ""
        raise ConfigError(f"{name}: not valid TOML: {error}.{advice}") from None
    except RecursionError:
        raise ConfigError(f"{name}: lists or tables in one another, too deep to be read.") from None
    except ValueError:  # Python reads no whole number of more than some thousand digits
        raise ConfigError(f"{name}: a number with more digits than any number needs.") from None


_BACKSLASH = " A backslash in a path needs single quotes, or write / for it."
