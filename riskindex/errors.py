"""Errors that speak to the analyst: what was found, where, and what to do."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import ClassVar


class RiskindexError(Exception):
    """Base of every error that riskindex raises on purpose.

    Parameters
    ----------
    faults
        One sentence, or all the faults found together, each naming its place
        (file, layer or sheet, row, column, value) and what to do.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, faults: str | Iterable[str]) -> None:
        # A text is also a sequence, of letters.
        self.faults: tuple[str, ...] = (faults,) if isinstance(faults, str) else tuple(faults)
        # So that a traceback or a notebook shows all of them, too.
        super().__init__("\n".join(self.faults))


class ConfigError(RiskindexError):
    """The config asks for something that does not exist or does not fit together."""

    exit_code = 2


class InputError(RiskindexError):
    """A file cannot be read as what the config says it is."""

    exit_code = 3


class DataError(RiskindexError):
    """The values are readable, but the method is undefined or unsafe on them."""

    exit_code = 3


class DisclosureError(RiskindexError):
    """A release was refused because it would disclose, or its profile is not there."""

    exit_code = 4


def is_interruption(error: Exception) -> bool:
    """Whether an error is Ctrl-C, as DuckDB passes it on."""
    # By its words: DuckDB raises an error of its own in place of KeyboardInterrupt.
    return any(words in str(error) for words in ("Query interrupted", "INTERRUPT Error"))


class Together:
    """Errors of several steps, raised as one when all of them have been tried."""

    def __init__(self) -> None:
        self.errors: list[RiskindexError] = []

    @property
    def faults(self) -> list[str]:
        """Every fault so far, each once."""
        # Two steps may stumble over one file.
        return list(dict.fromkeys(fault for error in self.errors for fault in error.faults))

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Keep the error of a step instead of raising it."""
        try:
            yield
        # Only what was foreseen: a fault of ours must not be told as one of the data.
        except RiskindexError as error:
            self.errors.append(error)

    def raise_any(self) -> None:
        """Raise all faults together, as the kind of error that came first."""
        if self.errors:
            raise type(self.errors[0])(self.faults)


def with_article(given: object) -> str:
    """What kind of thing an argument is, in a sentence."""
    name = type(given).__name__
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"


def refuse_other_than(
    kinds: type | tuple[type, ...], given: object, *, place: str, words: str
) -> None:
    """Refuse an argument of another kind in a sentence; what it lacks says little to an analyst.

    Raises
    ------
    ConfigError
        It is none of the kinds.
    """
    if not isinstance(given, kinds):
        raise ConfigError(f"{place}: {words} is needed, not {with_article(given)}.")
