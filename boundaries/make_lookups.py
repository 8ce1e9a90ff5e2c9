"""Makes the lookups and places that riskindex ships from the official files.

    python boundaries/make_lookups.py FOLDER [--out FOLDER]

FOLDER holds, anywhere below it, the files that sources.toml names `lsoa21_ward24_lookup`,
`lad24_csp24_lookup`, `ruc21_lookup`, `lsoa11_lsoa21_lookup` and `geonames_places`, as CSV or as
gzip of one, under the official headings or those of tidy copies: they are recognised by their
columns. The same files give the same bytes. Nothing is downloaded.
"""

import argparse
import csv
import gzip
import io
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

Row = dict[str, str]

AREAS = "lsoa21_areas.csv.gz"
GROUPS = "lsoa21_groups.csv.gz"
CHANGES = "lsoa11_lsoa21_changes.csv.gz"
PLACES = "places_geonames.csv.gz"

HEADINGS = {
    "lsoa11_code": "LSOA11CD",
    "lsoa11_name": "LSOA11NM",
    "change_code": "CHGIND",
    "lsoa21_code": "LSOA21CD",
    "lsoa21_name": "LSOA21NM",
    "ward24_code": "WD24CD",
    "ward24_name": "WD24NM",
    "ltla24_code": "LAD24CD",
    "ltla24_name": "LAD24NM",
    "csp24_code": "CSP24CD",
    "csp24_name": "CSP24NM",
    "pfa24_code": "PFA24CD",
    "pfa24_name": "PFA24NM",
    "ruc21_code": "RUC21CD",
    "classification": "RUC21NM",
}
"""Headings of tidy copies, and the official ones."""

NATIONAL_GRID = (
    "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
    "+step +proj=push +v_3 +step +proj=cart +ellps=WGS84 "
    "+step +inv +proj=helmert +x=446.448 +y=-125.157 +z=542.06 +rx=0.15 +ry=0.247 +rz=0.842 "
    "+s=-20.489 +convention=position_vector "
    "+step +inv +proj=cart +ellps=airy +step +proj=pop +v_3 "
    "+step +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy"
)
"""Longitude and latitude (WGS 84) to metres of the British National Grid by the seven parameters of
the Ordnance Survey, good to about 5 m. Written out, so that the grids that a machine has for a
finer transformation do not change the bytes."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the four files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder with the official files")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where to write")
    asked = parser.parse_args(arguments)
    asked.out.mkdir(parents=True, exist_ok=True)
    for name, text in make(asked.folder).items():
        packed = bytearray(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0))
        packed[9] = 3  # the system that packed it, which Python 3.13 leaves unsaid
        (asked.out / name).write_bytes(packed)
        print(f"{name}: {len(packed):,} bytes, CRC-32 of the text {zlib.crc32(text.encode()):08x}")
    return 0


def make(folder: Path) -> dict[str, str]:
    """The text of each file that is shipped, by its name."""
    wards = _table(folder, "LSOA21CD", "LSOA21NM", "WD24CD", "WD24NM", "LAD24CD", "LAD24NM")
    partnerships = _table(folder, "LAD24CD", "CSP24CD", "CSP24NM", "PFA24CD", "PFA24NM")
    settlements = _table(folder, "LSOA21CD", "RUC21CD", "RUC21NM")
    older = _table(folder, "LSOA11CD", "LSOA11NM", "LSOA21CD", "CHGIND")
    places = _table(folder, "geonameid", "name", "latitude", "longitude", "population", "nation")
    areas, groups = _areas(wards, partnerships, settlements, older)
    return {
        AREAS: areas,
        GROUPS: groups,
        CHANGES: _changes(older),
        PLACES: _places(places),
    }


def _table(folder: Path, *columns: str) -> list[Row]:
    """Rows of the only file below the folder that has the columns; other columns are left out."""
    found = []
    for path in sorted([*folder.rglob("*.csv"), *folder.rglob("*.csv.gz")]):
        with _opened(path) as file:
            names = [HEADINGS.get(name, name) for name in next(csv.reader(file), [])]
        if set(columns) <= set(names):
            found.append((path, names))
    if len(found) != 1:
        which = ", ".join(path.name for path, _ in found) or "none"
        sys.exit(f"{folder}: one file with the columns {', '.join(columns)} is needed; {which}.")
    [(path, names)] = found
    with _opened(path) as file:
        rows = csv.DictReader(file, fieldnames=names)
        next(rows)  # the header
        return [{column: row[column].strip() for column in columns} for row in rows]


def _opened(path: Path) -> io.TextIOWrapper:
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


class Groups:
    """Groups of one kind, numbered in the order of their codes, each inside one larger group."""

    def __init__(self, rows: Iterable[Row], kind: str, inside: str | None = None) -> None:
        named = {
            (row[f"{kind}CD"], row[f"{kind}NM"], row[inside] if inside else "") for row in rows
        }
        self.entries = sorted(named)
        codes = [code for code, _, _ in self.entries]
        if len(set(codes)) != len(codes):
            sys.exit(f"{kind}CD: a code has two names, or lies in two of {inside}.")
        self.number = {code: number for number, code in enumerate(codes)}

    def lines(self, kind: str, outer: "Groups | None" = None) -> Iterator[tuple[object, ...]]:
        """Rows of the file of groups: kind, code, name, number of the larger group."""
        for code, name, inside in self.entries:
            yield kind, code, name, outer.number[inside] if outer else ""


def _areas(
    wards: list[Row], partnerships: list[Row], settlements: list[Row], older: list[Row]
) -> tuple[str, str]:
    """The areas with the numbers of their groups, and the groups.

    A ward lies in one district, a district in one force area; a partnership may be a part of a
    district.
    """
    force_of = {row["LAD24CD"]: row["PFA24CD"] for row in partnerships}
    districts = Groups(
        ({**row, "PFA24CD": force_of[row["LAD24CD"]]} for row in wards), "LAD24", "PFA24CD"
    )
    by_kind = {
        "ward": Groups(wards, "WD24", "LAD24CD"),
        "community_safety_partnership": Groups(partnerships, "CSP24"),
        "urban_rural": Groups(settlements, "RUC21"),
    }
    forces = Groups(partnerships, "PFA24")
    partnership = _partnerships(wards, partnerships, older)
    settlement = {row["LSOA21CD"]: row["RUC21CD"] for row in settlements}
    numbered = [
        (
            row["LSOA21CD"],
            row["LSOA21NM"],
            by_kind["ward"].number[row["WD24CD"]],
            by_kind["community_safety_partnership"].number[partnership[row["LSOA21CD"]]],
            by_kind["urban_rural"].number[settlement[row["LSOA21CD"]]],
        )
        for row in sorted(wards, key=lambda row: row["LSOA21CD"])
    ]
    groups = [
        *by_kind["ward"].lines("ward", districts),
        *districts.lines("district", forces),
        *by_kind["community_safety_partnership"].lines("community_safety_partnership"),
        *forces.lines("force"),
        *by_kind["urban_rural"].lines("urban_rural"),
    ]
    return _text(("code", "name", *by_kind), numbered), _text(
        ("kind", "code", "name", "inside"), groups
    )


def _partnerships(wards: list[Row], partnerships: list[Row], older: list[Row]) -> dict[str, str]:
    """The partnership of every LSOA of 2021.

    The official lookup goes by district. Seven districts hold several partnerships, those of the
    districts that they were made of: there the name of the LSOA of 2011, which begins with its
    district of that time, says which. Christchurch, whose name no partnership has, is in the one
    that no other former district claims.
    """
    of_district: dict[str, dict[str, str]] = {}
    for row in partnerships:
        of_district.setdefault(row["LAD24CD"], {})[row["CSP24NM"]] = row["CSP24CD"]
    former: dict[str, set[str]] = {}
    for row in older:
        former.setdefault(row["LSOA21CD"], set()).add(row["LSOA11NM"].rpartition(" ")[0])
    claimed = {name for names in former.values() for name in names}
    found = {}
    for row in wards:
        code, choices = row["LSOA21CD"], of_district[row["LAD24CD"]]
        fitting = [
            name
            for name in choices
            if len(choices) == 1 or former[code] & {name, *name.split(" and ")}
        ] or [name for name in choices if not claimed & {name, *name.split(" and ")}]
        if len(fitting) != 1:
            sys.exit(f"{code}: in {len(fitting)} of the partnerships of {row['LAD24NM']}.")
        found[code] = choices[fitting[0]]
    return found


def _changes(older: list[Row]) -> str:
    """Pairs of an LSOA of 2011 and one of 2021 that share ground and are not the same."""
    for row in older:
        if row["CHGIND"] == "U" and row["LSOA11CD"] != row["LSOA21CD"]:
            sys.exit(f"{row['LSOA11CD']} is unchanged (U), yet another code of 2021 stands there.")
    changed = [
        (row["LSOA11CD"], row["LSOA21CD"], row["CHGIND"]) for row in older if row["CHGIND"] != "U"
    ]
    return _text(("old_code", "new_code", "change"), sorted(changed))


def _places(places: list[Row]) -> str:
    """Places, the largest population first, at whole metres of the British National Grid."""
    from pyproj import Transformer

    to_metres = Transformer.from_pipeline(NATIONAL_GRID)
    rows = []
    for place in places:
        x, y = to_metres.transform(float(place["longitude"]), float(place["latitude"]))
        rows.append((place["name"], round(x), round(y), int(place["population"]), place["nation"]))
    rows.sort(key=lambda row: (-row[3], row))
    return _text(("name", "x", "y", "population", "nation"), rows)


def _text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(main())
