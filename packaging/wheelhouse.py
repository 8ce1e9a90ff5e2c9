"""Make a folder of wheels for an installation without a network, and say what is in it.

    python packaging/wheelhouse.py wheelhouse --python 3.12

needs a network and pip; the folder is then carried to the other computer. It holds the wheels that
their projects publish for 64-bit Windows, riskindex's own, `constraints.txt` with the hash of each,
`licences.csv`, and `sbom.json`, a bill of materials in CycloneDX 1.5.
"""

import argparse
import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from email.message import Message
from email.parser import Parser
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parents[1]


class Wheel(NamedTuple):
    """What one wheel says of itself."""

    file: str
    name: str
    version: str
    licence: str
    """As an SPDX expression where it gives one, else as its project words it."""
    home: str
    sha256: str


def main(arguments: list[str] | None = None) -> None:
    """Fetch the wheels and describe them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="Folder to make.")
    parser.add_argument("--python", default="3.12", help="Python of the other computer, 3.12.")
    parser.add_argument("--platform", default="win_amd64", help="Its platform, win_amd64.")
    asked = parser.parse_args(arguments)
    fetch(asked.folder, python=asked.python, platform=asked.platform)
    wheels = describe(asked.folder)
    print(f"{len(wheels)} wheels in {asked.folder}, described in {', '.join(DESCRIPTIONS)}.")


def fetch(folder: Path, *, python: str, platform: str) -> None:
    """Build riskindex's own wheel, and download those that it needs on another computer."""
    folder.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", folder, ROOT], check=True)
    own = next(folder.glob("riskindex-*.whl"))
    # Wheels alone: a computer without a compiler could not build anything else.
    target = ["--platform", platform, "--python-version", python, "--only-binary", ":all:"]
    subprocess.run([*pip, "download", *target, "-d", folder, own], check=True)


DESCRIPTIONS = ("constraints.txt", "licences.csv", "sbom.json")


def describe(folder: Path) -> list[Wheel]:
    """Write constraints with hashes, licences, and the bill of materials of a folder of wheels."""
    wheels = [read_wheel(path) for path in sorted(folder.glob("*.whl"))]
    lines = [f"{w.name}=={w.version} --hash=sha256:{w.sha256}\n" for w in wheels]
    (folder / "constraints.txt").write_text("".join(lines), encoding="utf-8", newline="\n")
    with (folder / "licences.csv").open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["package", "version", "licence", "home", "file"])
        rows.writerows([w.name, w.version, w.licence, w.home, w.file] for w in wheels)
    text = json.dumps(bill_of_materials(wheels), indent=2) + "\n"
    (folder / "sbom.json").write_text(text, encoding="utf-8", newline="\n")
    return wheels


def read_wheel(path: Path) -> Wheel:
    """Read name, version, licence and home page from a wheel's own metadata."""
    with ZipFile(path) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        said = Parser().parsestr(archive.read(name).decode("utf-8"))
    return Wheel(
        file=path.name,
        name=re.sub(r"[-_.]+", "-", said["Name"]).lower(),
        version=said["Version"],
        licence=_licence(said),
        home=_home(said),
        sha256=sha256(path.read_bytes()).hexdigest(),
    )


def _licence(said: Message) -> str:
    """The licence in the newest of the three ways in which metadata have given it."""
    if expression := said["License-Expression"]:
        return str(expression)
    classes = [c for c in said.get_all("Classifier") or () if c.startswith("License ::")]
    if classes:
        return "; ".join(c.rpartition(" :: ")[2] for c in classes)
    # Some projects put the whole text of their licence there: its first line names it.
    return str(said["License"] or "not stated").strip().splitlines()[0]


def _home(said: Message) -> str:
    if page := said["Home-page"]:
        return str(page)
    links = [str(link).partition(", ")[2] for link in said.get_all("Project-URL") or ()]
    return links[0] if links else ""


def bill_of_materials(wheels: Iterable[Wheel]) -> dict[str, object]:
    """The packages as a CycloneDX document, without a clock or a serial number of its own."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "components": [
            {
                "type": "library",
                "name": wheel.name,
                "version": wheel.version,
                "purl": f"pkg:pypi/{wheel.name}@{wheel.version}",
                "licenses": [{"license": {"name": wheel.licence}}],
                "hashes": [{"alg": "SHA-256", "content": wheel.sha256}],
            }
            for wheel in wheels
        ],
    }


if __name__ == "__main__":
    main()
