"""Results written whole, by processes that begin without what a long test run has gathered."""

from pathlib import Path

from riskindex.files.whole_folder import MANIFEST, written_whole


def write(target: Path, text: str) -> None:
    """A result of one list."""
    with written_whole(target) as out:
        (out / "list.csv").write_text(text)
        (out / MANIFEST).write_text("{}")


def write_often(target: Path, times: int = 10_000) -> None:
    """The same result again and again, each with the number of its turn."""
    for k in range(times):
        write(target, str(k))
