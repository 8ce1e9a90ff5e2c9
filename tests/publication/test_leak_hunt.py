"""Numbers sown by hand into a clean public release: the hunt must find each of them."""

import base64
import gzip
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hunt import Truth, hunt, table_of, truth_of
from list_refusals import lists_may_leave
from openpyxl.comments import Comment
from openpyxl.packaging.custom import IntProperty
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from PIL import Image, PngImagePlugin
from worlds import KEY, SHAPES, make_world, result_of

from riskindex import release, save
from riskindex.publication.key import VARIABLE, write_key
from riskindex.result import Result

FACTOR, PERIOD = "victims", "2022"
Sow = Callable[[Path, "pd.Series[int]", Result], None]
LEAKS: dict[str, tuple[str, Sow]] = {}


def leak(kind: str) -> Callable[[Sow], Sow]:
    """Add a leak to the table, under the kind that it belongs to."""

    def add(sow: Sow) -> Sow:
        LEAKS[sow.__name__] = (kind, sow)
        return sow

    return add


def public_of(name: str, folder: Path) -> Result:
    """Save the public release of a world; its result."""
    write_key(folder / "release.key", KEY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(folder / "release.key"))
        lists_may_leave(patch)  # whether it may is another question
        result = result_of(make_world(name))
        save(release(result, profile="public"), folder / "public")
    return result


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("clean")


@pytest.fixture(scope="module")
def result(clean) -> Result:
    return public_of("districts", clean)


@pytest.fixture(scope="module")
def counts(result) -> "pd.Series[int]":
    """The counts that nobody may learn: homes of victims."""
    return result.counts[FACTOR].xs(PERIOD, axis=1, level="period").sum(axis=1).astype(int)


@pytest.fixture(scope="module")
def truth(result) -> Truth:
    return truth_of(result)


def test_the_clean_release_holds_nothing_to_find(clean, truth):
    assert len(truth.names) > 30
    assert hunt(clean / "public", truth) == []


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in SHAPES if name != "districts"])
def test_other_clean_releases_hold_nothing_to_find(name, tmp_path):
    found = hunt(tmp_path / "public", truth_of(public_of(name, tmp_path)))
    assert found == [], table_of(found)


def test_an_internal_release_is_full_of_it(result, truth, tmp_path):
    save(release(result, profile="internal"), tmp_path / "internal")
    found = table_of(hunt(tmp_path / "internal", truth))
    assert {"scores.csv", "manifest.json"} <= set(found["where"])
    assert found["where"].str.contains("map.html").any()


# The columns of a table


def _with_csv(folder: Path, change: Callable[[pd.DataFrame], pd.DataFrame], name="all_areas.csv"):
    path = folder / name
    table = pd.read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    change(table).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _of(table: pd.DataFrame, values: "pd.Series") -> "pd.Series":
    return values.reindex(table["area_code"]).reset_index(drop=True)


def _hot(result: Result) -> pd.DataFrame:
    return result.hotspots.xs((FACTOR, PERIOD), level=("factor", "period"))


@leak("a column left in")
def a_column_of_counts(folder, counts, result):
    _with_csv(folder, lambda table: table.assign(observed=_of(table, counts)))


@leak("a column left in")
def a_column_of_rates_to_one_decimal(folder, counts, result):
    rate = (1000 * counts / result.areas["residents"]).round(1)
    _with_csv(folder, lambda table: table.assign(rate_per_1000=_of(table, rate)))


@leak("a column left in")
def a_column_of_z_to_three_decimals(folder, counts, result):
    _with_csv(folder, lambda t: t.assign(z=_of(t, _hot(result)["window_ratio"].round(3))))


@leak("a column left in")
def a_column_of_p(folder, counts, result):
    _with_csv(folder, lambda t: t.assign(p=_of(t, _hot(result)["p"].map("{:.4g}".format))))


@leak("a column left in")
def a_column_of_shares_of_the_county(folder, counts, result):
    share = (100 * counts / counts.sum()).round(2).astype(str) + "%"
    _with_csv(folder, lambda table: table.assign(share=_of(table, share)))


@leak("a column left in")
def a_column_of_counts_brought_to_0_to_100(folder, counts, result):
    scaled = (100 * (counts - counts.min()) / (counts.max() - counts.min())).round(1)
    _with_csv(folder, lambda table: table.assign(score=_of(table, scaled)))


@leak("a column left in")
def a_column_of_ranks(folder, counts, result):
    ranks = counts.rank(method="first", ascending=False).astype(int)
    _with_csv(folder, lambda table: table.assign(rank=_of(table, ranks)))


@leak("a column left in")
def a_column_of_counts_in_words(folder, counts, result):
    words = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    spelled = counts.map(lambda count: words[count] if count < 10 else "many")
    _with_csv(folder, lambda table: table.assign(note=_of(table, spelled)))


# A permitted column that carries more


@leak("a permitted column that says something else")
def residents_that_carry_the_count_in_their_last_digit(folder, counts, result):
    hidden = (result.areas["residents"] // 10 * 10 + counts.clip(upper=9)).astype(int)
    _with_csv(folder, lambda table: table.assign(residents=_of(table, hidden)))


@leak("a permitted column that says something else")
def a_name_with_the_count_behind_it(folder, counts, result):
    _with_csv(
        folder,
        lambda t: t.assign(name=t["name"] + " (" + _of(t, counts).astype(str) + ")"),
    )


@leak("a permitted column that says something else")
def a_name_with_as_many_blanks_as_events(folder, counts, result):
    _with_csv(
        folder, lambda t: t.assign(name=t["name"] + _of(t, counts).map(lambda count: " " * count))
    )


@leak("a permitted column that says something else")
def a_reason_with_the_number_of_victims(folder, counts, result):
    sentences = counts.astype(str) + " victims of domestic abuse live here."
    _with_csv(folder, lambda t: t.assign(reasons=t["reasons"] + " " + _of(t, sentences)))


# Order


@leak("order")
def all_areas_ordered_by_the_count(folder, counts, result):
    _with_csv(folder, lambda t: t.iloc[np.argsort(-_of(t, counts).to_numpy(), kind="stable")])


@leak("order")
def columns_of_the_workbook_ordered_by_the_count(folder, counts, result):
    def turn(book):
        sheet = book["All areas"]
        start = _first_row(sheet)
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=start)]
        rows.sort(key=lambda row: -counts.get(str(row[0]), 0))
        for number, row in enumerate(rows, start):
            for column, value in enumerate(row, 1):
                sheet.cell(number, column, value)

    _with_book(folder, turn)


# The workbook


def _with_book(folder: Path, change: Callable[[openpyxl.Workbook], None]) -> None:
    book = openpyxl.load_workbook(folder / "workbook.xlsx")
    change(book)
    book.save(folder / "workbook.xlsx")


def _first_row(sheet) -> int:
    return next(c.row for c in sheet["A"] if str(c.value).startswith("E0"))


def _rows(book, counts):
    """The first cell of every area's row, and the count that it must not tell."""
    sheet = book["All areas"]
    cells = [cell for cell in sheet["A"] if str(cell.value) in counts.index]
    assert len(cells) == len(counts)
    return sheet, [(cell, int(counts[cell.value])) for cell in cells]


def _sheet_of_counts(book, counts, state):
    sheet = book.create_sheet("Working")
    for code, count in counts.items():
        sheet.append([code, int(count)])
    sheet.sheet_state = state


@leak("a hidden sheet")
def a_hidden_sheet(folder, counts, result):
    _with_book(folder, lambda book: _sheet_of_counts(book, counts, "hidden"))


@leak("a hidden sheet")
def a_very_hidden_sheet(folder, counts, result):
    _with_book(folder, lambda book: _sheet_of_counts(book, counts, "veryHidden"))


@leak("hidden cells")
def a_hidden_column(folder, counts, result):
    def add(book):
        sheet, rows = _rows(book, counts)
        for cell, count in rows:
            sheet.cell(cell.row, 30, count)
        sheet.column_dimensions["AD"].hidden = True

    _with_book(folder, add)


@leak("hidden cells")
def white_numbers_on_white(folder, counts, result):
    def add(book):
        sheet, rows = _rows(book, counts)
        for cell, count in rows:
            sheet.cell(cell.row, 40, count).font = Font(color="FFFFFFFF")

    _with_book(folder, add)


@leak("a comment on a cell")
def comments_on_cells(folder, counts, result):
    def add(book):
        _, rows = _rows(book, counts)
        for cell, count in rows:
            cell.comment = Comment(f"{count} victims", "")

    _with_book(folder, add)


@leak("a number format")
def decimals_that_the_format_hides(folder, counts, result):
    def add(book):
        sheet, rows = _rows(book, counts)
        column = next(
            c.column for row in sheet.iter_rows(max_row=8) for c in row if c.value == "Residents"
        )
        for cell, count in rows:
            other = sheet.cell(cell.row, column)
            if isinstance(other.value, int):
                other.value, other.number_format = other.value + count / 1000, "0"

    _with_book(folder, add)


@leak("a number format")
def a_format_that_holds_the_count_as_text(folder, counts, result):
    def add(book):
        _, rows = _rows(book, counts)
        for cell, count in rows:
            cell.number_format = f'@"{count}"'

    _with_book(folder, add)


@leak("a colour")
def cells_coloured_by_the_count(folder, counts, result):
    def add(book):
        _, rows = _rows(book, counts)
        for cell, count in rows:
            shade = f"FF{255 - min(4 * count, 255):02X}FFFF"
            cell.fill = PatternFill("solid", fgColor=shade)

    _with_book(folder, add)


@leak("a length")
def rows_as_high_as_the_count(folder, counts, result):
    def add(book):
        sheet, rows = _rows(book, counts)
        for cell, count in rows:
            sheet.row_dimensions[cell.row].height = 15 + count

    _with_book(folder, add)


@leak("metadata")
def totals_in_the_properties_of_the_workbook(folder, counts, result):
    def add(book):
        book.properties.description = f"Victims in all: {counts.sum()}"

    _with_book(folder, add)


@leak("metadata")
def a_defined_name_that_lists_counts(folder, counts, result):
    def add(book):
        listed = "{" + ",".join(str(count) for count in counts) + "}"
        book.defined_names["data"] = DefinedName("data", attr_text=listed, hidden=True)

    _with_book(folder, add)


@leak("metadata")
def a_footer_with_the_total(folder, counts, result):
    def add(book):
        book["All areas"].oddFooter.center.text = f"{counts.sum()} victims counted"

    _with_book(folder, add)


# The GIS file


def _with_layer(folder: Path, change: Callable[[sqlite3.Connection], None]) -> None:
    with sqlite3.connect(folder / "areas.gpkg") as base:
        for (name,) in base.execute("select name from sqlite_master where type = 'trigger'"):
            base.execute(f'drop trigger "{name}"')
        change(base)
    base.close()


def _fill(base: sqlite3.Connection, column: str, values: "pd.Series") -> None:
    base.executemany(
        f"update areas set {column} = ? where area_code = ?",
        [(value.item() if hasattr(value, "item") else value, c) for c, value in values.items()],
    )


@leak("a column left in")
def a_column_of_the_layer(folder, counts, result):
    def add(base):
        base.execute("alter table areas add column observed integer")
        _fill(base, "observed", counts)

    _with_layer(folder, add)


@leak("a layer left in")
def a_table_beside_the_layer(folder, counts, result):
    def add(base):
        base.execute("create table working (code text, n integer)")
        base.executemany(
            "insert into working values (?, ?)", [(c, int(n)) for c, n in counts.items()]
        )

    _with_layer(folder, add)


@leak("metadata")
def a_description_of_the_layer(folder, counts, result):
    text = " ".join(f"{code}:{count}" for code, count in counts.items())
    _with_layer(folder, lambda b: b.execute("update gpkg_contents set description = ?", (text,)))


@leak("metadata")
def a_style_that_the_layer_brings(folder, counts, result):
    def add(base):
        base.execute("create table layer_styles (name text, qml text)")
        rules = "".join(f'<rule filter="area_code={c}" width="{n}"/>' for c, n in counts.items())
        base.execute("insert into layer_styles values ('default', ?)", (rules,))

    _with_layer(folder, add)


@leak("a number of another kind")
def feature_numbers_that_hold_the_count(folder, counts, result):
    def add(base):
        for number, (code, count) in enumerate(counts.items()):
            base.execute(
                "update areas set fid = ? where area_code = ?",
                (1000 * (number + 1) + int(count), code),
            )

    _with_layer(folder, add)


# The map


def _in_page(folder: Path, html: str, name: str = "map.html") -> None:
    path = folder / name
    page = path.read_text(encoding="utf-8")
    at = page.rindex("</body>")
    path.write_text(page[:at] + html + page[at:], encoding="utf-8")


def _with_data(folder: Path, change: Callable[[dict], None]) -> None:
    path = folder / "map.html"
    page = path.read_text(encoding="utf-8")
    found = re.search(r'(<script[^>]*id="map-data"[^>]*>)([^<]+)(</script>)', page)
    data = json.loads(gzip.decompress(base64.b64decode(found[2])))
    change(data)
    packed = base64.b64encode(gzip.compress(json.dumps(data).encode(), mtime=0)).decode()
    path.write_text(page[: found.start(2)] + packed + page[found.end(2) :], encoding="utf-8")


@leak("a key of the page's data")
def a_key_of_the_data_of_the_map(folder, counts, result):
    _with_data(folder, lambda data: data.update(observed=[int(count) for count in counts]))


@leak("a key of the page's data")
def a_key_deep_in_the_data_of_the_map(folder, counts, result):
    def add(data):
        first = next(value for value in data.values() if isinstance(value, list | dict) and value)
        part = first[0] if isinstance(first, list) and isinstance(first[0], dict) else first
        part = part if isinstance(part, dict) else data
        part["extra"] = {code: int(count) for code, count in counts.items()}

    _with_data(folder, add)


@leak("a script")
def a_list_without_codes_in_a_script(folder, counts, result):
    listed = ",".join(str(count) for count in counts)
    _in_page(folder, f"<script>const n = [{listed}];</script>")


@leak("a script")
def a_list_in_base64(folder, counts, result):
    packed = base64.b64encode(json.dumps(counts.to_dict()).encode()).decode()
    _in_page(folder, f'<script>const packed = "{packed}";</script>')


@leak("a script")
def a_list_gzipped_as_data(folder, counts, result):
    packed = base64.b64encode(gzip.compress(json.dumps(list(map(int, counts))).encode(), mtime=0))
    _in_page(folder, f'<script type="application/gzip" id="more">{packed.decode()}</script>')


@leak("a comment in the page")
def a_comment_in_the_page(folder, counts, result):
    _in_page(folder, f"<!-- {json.dumps(counts.to_dict())} -->")


@leak("an attribute")
def data_attributes(folder, counts, result):
    marks = "".join(f'<i data-code="{c}" data-n="{n}"></i>' for c, n in counts.items())
    _in_page(folder, f"<div hidden>{marks}</div>")


@leak("a tooltip")
def raw_z_in_tooltips(folder, counts, result):
    ratios = _hot(result)["window_ratio"].round(3)
    marks = "".join(f'<i title="{code}: z {value}"></i>' for code, value in ratios.items())
    _in_page(folder, f"<div>{marks}</div>")


@leak("words")
def numbers_spelled_out(folder, counts, result):
    small = counts[(counts > 0) & (counts < 8)]
    words = ["no", "one", "two", "three", "four", "five", "six", "seven"]
    text = "".join(f"<p>{code}: {words[count]} victims.</p>" for code, count in small.items())
    _in_page(folder, f"<section>{text}</section>")


@leak("a colour")
def a_continuous_colour_per_area(folder, counts, result):
    marks = "".join(
        f'<i id="{code}" style="background:rgb(255,{255 - min(int(n), 255)},0)"></i>'
        for code, n in counts.items()
    )
    _in_page(folder, f"<div>{marks}</div>")


@leak("a length")
def bars_as_wide_as_the_count(folder, counts, result):
    bars = "".join(
        f'<rect aria-label="{code}" x="0" y="{4 * k}" height="3" width="{n}"/>'
        for k, (code, n) in enumerate(counts.items())
    )
    _in_page(folder, f"<svg>{bars}</svg>")


@leak("a length")
def dots_at_the_height_of_the_count(folder, counts, result):
    dots = "".join(f'<circle cx="{k}" cy="{100 - n}" r="1"/>' for k, n in enumerate(counts))
    _in_page(folder, f"<svg>{dots}</svg>")


@leak("a class of style")
def classes_named_by_the_count(folder, counts, result):
    marks = "".join(f'<i class="n{n}">{code}</i>' for code, n in counts.items())
    _in_page(folder, f"<div hidden>{marks}</div>")


@leak("a table in a page")
def a_table_of_percentages(folder, counts, result):
    share = 100 * counts / counts.sum()
    rows = "".join(f"<tr><td>{c}</td><td>{value:.1f}%</td></tr>" for c, value in share.items())
    _in_page(folder, f"<table>{rows}</table>")


@leak("a total")
def the_exact_total_of_the_county(folder, counts, result):
    years = result.counts[FACTOR].T.groupby(level="period").sum().sum(axis=1)
    exact = next(total for total in years if total % 5)  # the others are their own rounding
    _in_page(folder, f"<p>{exact:,} victims of domestic abuse were counted.</p>")


# The manifest and other files


def _with_manifest(folder: Path, change: Callable[[dict], None]) -> None:
    path = folder / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")


@leak("metadata")
def the_dispersion_and_total_of_a_test(folder, counts, result):
    def add(document):
        document["tests"][0]["dispersion"] = 0.3127
        document["tests"][0]["total"] = int(counts.sum())

    _with_manifest(folder, add)


@leak("a file left in")
def a_zip_of_the_counts(folder, counts, result):
    (folder / "more.bin").write_bytes(gzip.compress(counts.to_csv().encode(), mtime=0))


def _z(result: Result) -> dict[str, float]:
    tests = result.hotspots.xs(("homes", PERIOD), level=("factor", "period"))
    return {str(code): round(float(z), 3) for code, z in tests["z"].items()}


@leak("a key of the manifest")
def z_to_three_decimals_as_weights_of_groups(folder, counts, result):
    def add(document):
        document["config"]["index"]["groups"] = _z(result)

    _with_manifest(folder, add)


@leak("a key of the manifest")
def z_of_five_areas_as_weights_of_groups(folder, counts, result):
    def add(document):
        document["config"]["index"]["groups"] = dict(list(_z(result).items())[20:25])

    _with_manifest(folder, add)


@leak("a key of the manifest")
def z_without_codes_in_the_manifest(folder, counts, result):
    _with_manifest(folder, lambda document: document.update(seeds=list(_z(result).values())))


@leak("a key of the manifest")
def counts_in_scientific_notation(folder, counts, result):
    spelled = {code: f"{count:.1e}" for code, count in counts.items()}
    _with_manifest(folder, lambda document: document["versions"].update(spelled))


@leak("metadata")
def a_property_of_the_workbook(folder, counts, result):
    def add(book):
        for code, count in counts.items():
            book.custom_doc_props.append(IntProperty(name=str(code), value=int(count)))

    _with_book(folder, add)


@leak("a picture")
def a_text_in_a_picture(folder, counts, result):
    path = folder / "report.html"
    page = path.read_text(encoding="utf-8")
    found = re.search(r"data:image/png;base64,([A-Za-z0-9+/=]+)", page)
    assert found is not None
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", " ".join(f"{code}={count}" for code, count in counts.items()))
    packed = BytesIO()
    with Image.open(BytesIO(base64.b64decode(found[1]))) as picture:
        picture.save(packed, format="png", pnginfo=note)
    block = base64.b64encode(packed.getvalue()).decode()
    path.write_text(page[: found.start(1)] + block + page[found.end(1) :], encoding="utf-8")


@leak("a file left in")
def a_file_of_another_picture(folder, counts, result):
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", json.dumps(_z(result)), zip=True)
    Image.new("L", (4, 4)).save(folder / "map.png", pnginfo=note)


FIRST = {kind: name for name, (kind, _) in reversed(LEAKS.items())}
"""One leak of each kind, tried by default; the others are long."""
EACH = [
    pytest.param(name, marks=[] if FIRST[kind] == name else [pytest.mark.long])
    for name, (kind, _) in LEAKS.items()
]


@pytest.mark.parametrize("name", EACH)
def test_a_leak_is_found(name, clean, counts, result, truth, tmp_path):
    folder = tmp_path / "public"
    shutil.copytree(clean / "public", folder)
    LEAKS[name][1](folder, counts, result)
    assert hunt(folder, truth, unlike=clean / "public"), f"{name} ({LEAKS[name][0]}) was not found"


def test_the_leaks_are_many_and_of_many_kinds():
    assert len(LEAKS) >= 30
    assert len({kind for kind, _ in LEAKS.values()}) >= 10
