"""A release is published only where an attack on its files finds nothing that it withholds."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from riskindex.disclosure import Rules
from riskindex.errors import DisclosureError

if TYPE_CHECKING:
    from riskindex.ledger import Entry
    from riskindex.released import Result


def refuse_leaks(
    folder: Path, rules: Rules, *, truth: "Result | None" = None, earlier: "Sequence[Entry]" = ()
) -> None:
    """Attack the files of a release and refuse it where they tell what it withholds.

    Parameters
    ----------
    folder
        The files, not yet published.
    rules
        Of the profile.
    truth
        The result that was released.
    earlier
        Earlier releases, which are handed to the attack.

    Raises
    ------
    DisclosureError
        One line for every kind of finding: where it was found and what to do.
    """
    from riskindex.attack import attack_folder

    found = attack_folder(folder, truth=truth, ledger=earlier or None, rules=rules)
    if not found.clean:
        raise DisclosureError([f"not published: {line}" for line in found.lines])
