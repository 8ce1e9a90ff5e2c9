"""Every written byte, and the hashes of persons' keys that must not be among them."""

import gzip
import zipfile
from io import BytesIO

import duckdb
import pandas as pd

SECRET = "0123456789abcdef0123456789abcdef"
"""Key of a run, in place of a random one."""


def every_byte(folder):
    """The bytes of all files of a folder, those inside zips and packed ones, too."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    for name in archive.namelist():
                        yield f"{path.name}/{name}", archive.read(name)
            elif path.read_bytes()[:2] == b"\x1f\x8b":
                yield path.name, gzip.GzipFile(fileobj=BytesIO(path.read_bytes())).read()


def hashes_of(names):
    """What the run keeps of each key, as it would be written: digits, hexadecimal and bytes."""
    frame = pd.DataFrame({"k": names})
    query = f"SELECT md5_number_upper('{SECRET}' || k) AS h FROM frame"
    numbers = duckdb.connect().register("frame", frame).execute(query).df()["h"]
    for number in map(int, numbers):
        yield str(number).encode()
        yield f"{number:x}".encode()
        yield number.to_bytes(8, "little")
        yield number.to_bytes(8, "big")
