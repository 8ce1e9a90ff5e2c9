"""Configs written from presets, and the pages of their results as they are read."""

import re
from importlib import resources
from pathlib import Path


def preset(name: str) -> str:
    path = resources.files("riskindex.presets").joinpath(f"{name}.toml")
    return path.read_text(encoding="utf-8")


def written(name: str, folder: Path, changes: dict[str, str] | None = None) -> Path:
    text = preset(name)
    for old, new in (changes or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def read_pages(folder: Path) -> str:
    """The pages of a result as they are read: without tags, blanks together."""
    texts = []
    for path in [*folder.glob("*.html"), *folder.glob("profiles/*.html")]:
        page = re.sub(r"<(script|style)\b.*?</\1>", " ", path.read_text("utf-8"), flags=re.DOTALL)
        texts.append(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))
    return "\n".join(texts)
