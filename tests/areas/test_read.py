import gzip
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from riskindex.areas.editions import Vintage, looks_like
from riskindex.areas.read import AreaSource, GroupLookup, read_areas, read_codes
from riskindex.areas.table_files import TableSource, read_tables
from riskindex.errors import ConfigError, InputError

CODES = ["E01000001", "E01000002", "E01033769"]


@pytest.fixture
def folder(tmp_path):
    """A folder with three areas in two districts, one of them new in 2021."""
    squares = [box(560_000 + i, 200_000, 560_001 + i, 200_001) for i in range(3)]
    table = {
        "LSOA21CD": CODES,
        "LSOA21NM": list("abc"),
        "LAD24CD": ["E07000070", "E07000070", "E07000071"],
    }
    frame = gpd.GeoDataFrame(table, geometry=squares, crs=27700)
    frame.iloc[::-1].to_file(tmp_path / "areas.gpkg", driver="GPKG")
    return tmp_path


def areas_of(folder, *lookups, **options):
    source = AreaSource(
        boundaries="areas.gpkg",
        code="LSOA21CD",
        name="LSOA21NM",
        groups={"district": "LAD24CD"},
        lookups=lookups,
        **options,
    )
    return read_areas(source, folder)


def lookup(folder, text, code="code", by=None, **groups):
    (folder / "lookup.csv").write_text(text, encoding="utf-8")
    return GroupLookup(path="lookup.csv", code=code, groups=groups, by=by)


def table(folder, text, columns=None, code="code", areas=CODES, name="table.csv", **options):
    (folder / name).write_text(text, encoding="utf-8")
    source = TableSource(
        kind="table", path=name, code=code, columns=columns or {"n": "n"}, **options
    )
    return read_tables({"t": source}, folder, pd.Index(areas, name="area_code"))


def faults_of(folder, text, **options):
    with pytest.raises(InputError) as error:
        table(folder, text, **options)
    return error.value.faults


# Areas


def test_areas_come_with_names_groups_and_provenance(folder):
    read = areas_of(folder)
    assert list(read.areas.columns) == ["name", "district", "geometry"]
    assert list(read.areas.index) == CODES
    assert list(read.areas["name"]) == ["a", "b", "c"]
    assert read.notes == ()
    assert [(f.role, f.name, f.rows) for f in read.files] == [("boundaries", "areas.gpkg", 3)]


def test_a_missing_boundary_file_names_the_nearest(folder):
    source = AreaSource(boundaries="area.gpkg", code="LSOA21CD")
    with pytest.raises(InputError, match=r"areas\.boundaries: no file 'area\.gpkg'; the nearest"):
        read_areas(source, folder)


def test_temporary_files_are_removed(folder):
    zipped = folder / "areas.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.write(folder / "areas.gpkg", "areas.gpkg")
    scratch = folder / "scratch"
    scratch.mkdir()
    read = read_areas(AreaSource(boundaries="areas.zip", code="LSOA21CD"), folder, scratch=scratch)
    assert len(read.areas) == 3
    assert list(scratch.iterdir()) == []


def test_a_lookup_puts_areas_into_groups(folder):
    text = "code,ward\nE01000001,Abbey\nE01000002,Castle\nE01033769, Abbey \nE01999999,Other\n"
    read = areas_of(folder, lookup(folder, text, ward="ward"))
    assert list(read.areas["ward"]) == ["Abbey", "Castle", "Abbey"]
    assert list(read.areas.columns) == ["name", "district", "ward", "geometry"]
    assert read.files[1][:2] == ("lookup", "lookup.csv")
    assert read.files[1].rows == 4


def test_areas_that_a_lookup_lacks_are_not_recorded_and_noted(folder):
    read = areas_of(folder, lookup(folder, "code,ward\nE01000001,Abbey\nE01000002,\n", ward="ward"))
    assert list(read.areas["ward"]) == ["Abbey", "not recorded", "not recorded"]
    assert read.notes == (
        "lookup.csv: 1 of 3 areas are not in it (E01033769); their ward is not recorded.",
    )


def test_a_lookup_may_go_by_a_group_instead_of_the_area(folder):
    text = "lad,csp\nE07000070,Mid Essex\nE07000071,North Essex\n"
    read = areas_of(folder, lookup(folder, text, code="lad", by="district", partnership="csp"))
    assert list(read.areas["partnership"]) == ["Mid Essex", "Mid Essex", "North Essex"]


def test_rows_that_contradict_each_other_are_faults_and_repeated_ones_are_not(folder):
    text = "code,ward\nE01000001,Abbey\nE01000001,Abbey\nE01000002,Castle\n"
    assert areas_of(folder, lookup(folder, text, ward="ward")).areas["ward"].iloc[0] == "Abbey"
    with pytest.raises(InputError) as error:
        areas_of(folder, lookup(folder, text + "E01000001,Moor\n", ward="ward"))
    assert [fault.split(":")[1] for fault in error.value.faults] == [
        " row 2, column 'code', value 'E01000001'",
        " row 5, column 'code', value 'E01000001'",
    ]


def test_a_lookup_of_another_kind_of_area_is_refused(folder):
    with pytest.raises(InputError, match=r"which holds MSOAs .* have LSOAs of 2021"):
        areas_of(folder, lookup(folder, "code,ward\nE02000001,Abbey\n", ward="ward"))


def test_groups_that_clash_or_are_missing_are_config_errors(folder):
    with pytest.raises(ConfigError, match="'district' is there already"):
        areas_of(folder, lookup(folder, "code,d\n", district="d"))
    with pytest.raises(ConfigError, match="no group 'county'"):
        areas_of(folder, lookup(folder, "code,d\n", by="county", ward="d"))


# Codes beyond the study area


def test_lookups_by_area_say_which_codes_there_are(folder):
    areas = lookup(folder, "code,ward\nE01000001,Abbey\nE01999999,Other\n,\n", ward="ward")
    districts = GroupLookup(path="gone.csv", code="lad", groups={"csp": "csp"}, by="district")
    source = AreaSource(boundaries="areas.gpkg", code="LSOA21CD", lookups=[areas, districts])
    read = read_codes(source, folder)
    assert read[:4] == (None, frozenset({"E01000001", "E01999999"}), (), ())
    assert read.elsewhere["E01021322"] == "Essex"  # without a table of its own, the shipped forces


def test_a_crosswalk_leads_from_older_codes_to_newer_ones(folder):
    (folder / "old.csv").write_text("LSOA11CD,LSOA21CD\nE01000009,E01033769\nE01000009,E01033770\n")
    source = AreaSource(
        boundaries="areas.gpkg",
        code="LSOA21CD",
        vintage=Vintage(path="old.csv", old="LSOA11CD", new="LSOA21CD"),
    )
    read = read_codes(source, folder)
    assert read.crosswalk.children == {"E01000009": ("E01033769", "E01033770")}
    assert [(file.role, file.rows) for file in read.files] == [("crosswalk", 2)]


# Tables


def test_a_table_comes_by_area_code_in_the_order_of_the_areas(folder):
    text = "code,n,secret\nE01033769,3,x\nE01000001,1.5,y\nE01000002,2,z\nE02000001,9,w\n"
    read = table(folder, text)
    assert read.tables.index.equals(pd.Index(CODES, name="area_code"))
    assert list(read.tables.columns) == [("t", "n")]
    assert list(read.tables[("t", "n")]) == [1.5, 2, 3]
    assert read.tables.dtypes.eq(float).all()
    assert read.notes == ()
    assert [(f.role, f.name, f.rows) for f in read.files] == [("t", "table.csv", 4)]


def test_several_columns_are_added_up(folder):
    text = "code,a,b\nE01000001,1,2\nE01000002,3,\nE01033769,0,0\n"
    read = table(folder, text, columns={"young": ["a", "b"], "a": "a"})
    assert list(read.tables[("t", "a")]) == [1, 3, 0]
    assert read.tables[("t", "young")].tolist()[0::2] == [3, 0]
    assert pd.isna(read.tables.loc["E01000002", ("t", "young")])


def test_areas_that_a_table_lacks_are_not_assessed_and_noted(folder):
    read = table(folder, "code,n\nE01000001,1\nE01033769,\n")
    assert read.tables[("t", "n")].isna().tolist() == [False, True, True]
    assert read.notes == (
        "table.csv: 1 of 3 areas are not in it (E01000002); they are not assessed there.",
        "table.csv: column 'n' is empty for 1 areas (E01033769); they are not assessed there.",
    )


def test_a_table_that_lacks_just_the_new_areas_is_said_to_be_older(folder):
    note = table(folder, "code,n\nE01000001,1\nE01000002,2\n").notes[0]
    assert note.endswith("Its codes look like an edition before 2021.")


def test_all_faults_of_a_table_come_with_row_column_value_and_advice(folder):
    text = (
        "code,n,m\n"
        'E01000001,"1,284",-3\n'
        "E01000002,[c],inf\n"
        "E01000001,1,1e400\n"
        ",1,1\n"
        "e01033769,1,nan\n"
        "E02000001,..,NA\n"
    )
    faults = faults_of(folder, text, columns={"n": "n", "m": "m"})
    assert [fault.removeprefix("table.csv: row ") for fault in faults] == [
        "4, column 'code', value 'E01000001': the code is in row 2 already. Keep one row per area.",
        "5, column 'code', value '': no area code. Fill it in or take the row out.",
        "2, column 'n', value '1,284': a thousands separator. Save the column without it.",
        "3, column 'n', value '[c]': not a number. Leave the cell empty where it is not known: "
        "missing is never zero.",
        "2, column 'm', value '-3': negative, which no count of people or households is. "
        "Correct it, or leave it empty.",
        "3, column 'm', value 'inf': not a number. Leave the cell empty where it is not known: "
        "missing is never zero.",
        "4, column 'm', value '1e400': too large for a count of people or households in one "
        "area. Correct it, or leave it empty.",
        "6, column 'm', value 'nan': not a number. Leave the cell empty where it is not known: "
        "missing is never zero.",
    ]


@pytest.mark.parametrize("text", ["1_000", "١٢", "0x10", "1 000", "--1", "1e", ".", "TRUE"])
def test_what_python_would_take_for_a_number_and_an_analyst_would_not_is_a_fault(folder, text):
    assert f"value {text!r}: not a number" in faults_of(folder, f"code,n\nE01000001,{text}\n")[0]


def test_cells_of_areas_elsewhere_do_not_matter(folder):
    read = table(folder, "code,n\nE01000001,1\nE01000002,2\nE01033769,3\nE01999999,[c]\n")
    assert read.tables.notna().all(axis=None)


def test_faults_of_all_tables_come_together_and_a_long_list_is_cut(folder):
    rows = "".join(f"A{i},x\n" for i in range(30))
    (folder / "a.csv").write_text("code,n\n" + rows)
    (folder / "b.csv").write_text("code,m\n")
    sources = {
        name: TableSource(kind="table", path=f"{name}.csv", code="code", columns={"n": "n"})
        for name in ("a", "b", "c")
    }
    with pytest.raises(InputError) as error:
        read_tables(sources, folder, pd.Index([f"A{i}" for i in range(30)]))
    assert len(error.value.faults) == 23
    assert error.value.faults[20] == "... and 10 more."
    assert error.value.faults[21].startswith("b.csv: no column 'n'")
    assert error.value.faults[22].startswith("sources.c.path: no file 'c.csv'")


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (["E02000001", "W02000001"], "MSOAs"),
        (["E00000001"], "output areas"),
        (["E07000070", "E06000034"], "districts"),
        (["S01006506"], "Scottish data zones"),
        (["Chelmsford"], "codes of no ONS area"),
        (["E01033769", "E01000001"], "LSOAs of 2021"),
        (["E01033768", "E01000001"], "LSOAs of 2011"),
        (["W01001958"], "LSOAs of 2011"),
        (["E01000001"], "LSOAs that 2001, 2011 and 2021 may share"),
        ([], "no codes at all"),
    ],
)
def test_codes_look_like_an_edition(codes, kind):
    assert looks_like(codes) == kind


def test_a_table_without_any_of_the_areas_says_what_it_holds(folder):
    assert faults_of(folder, "code,n\nE01033768,1\n") == (
        "table.csv: none of the 3 areas is in column 'code', which holds LSOAs of 2011 (first: "
        "'E01033768'); the boundaries have LSOAs of 2021 (first: 'E01000001'). Use a table of "
        "the boundaries' edition.",
    )
    assert "a header and no rows" in faults_of(folder, "code,n\n")[0]


def test_without_areas_every_row_is_checked_and_nothing_comes_back(folder):
    assert table(folder, "code,n\na1,1\nB2,2\n", areas=[]).tables.shape == (0, 1)
    faults = faults_of(folder, "code,n\nA,x\nA,1\nB ,1\n", areas=[])
    assert len(faults) == 2


def test_codes_with_blanks_or_small_letters_are_read_and_said(folder):
    read = table(folder, "code,n\nE01000001,1\n e01000002 ,2\nE01033769 ,3\n")
    assert list(read.tables["t", "n"]) == [1, 2, 3]
    assert any("2 codes in column 'code' had white space or small letters" in n for n in read.notes)
    (again,) = faults_of(folder, "code,n\nE01000001,1\ne01000001,2\n")
    assert "the code is in row 2 already" in again


LONG = "code,name,age,age code,n\n" + "".join(
    f"{code},x,{age},{i},{10 * (i + 1)}\n" for code in CODES for i, age in enumerate("abc")
)


def test_a_long_table_is_named_with_the_column_that_tells_its_rows_apart(folder):
    (fault,) = faults_of(folder, LONG)
    assert fault.startswith(
        "table.csv: 3 areas have 3 rows each, told apart by 'age': a long table"
    )
    assert 'where = { "age" = [...] }' in fault
    (fault,) = faults_of(folder, "code,n\n" + "".join(f"{c},1\n{c},1\n" for c in CODES))
    assert "which no column tells apart" in fault


def test_rows_of_a_long_table_are_added_up_by_a_rule_or_become_columns(folder):
    kept = table(folder, LONG, where={"age": ["b", "c"]})
    assert list(kept.tables["t", "n"]) == [50, 50, 50]
    wide = table(folder, LONG, {"old": ["b", "c"], "young": "a"}, category="age", value="n")
    assert list(wide.tables["t", "old"]) == [50, 50, 50]
    assert list(wide.tables["t", "young"]) == [10, 10, 10]


def test_rows_of_a_long_table_that_nothing_tells_apart_are_refused(folder):
    faults = faults_of(folder, LONG + f"{CODES[0]},x,b,1,7\n", where={"age": ["b"]})
    assert "row 11, value 'E01000001': a row of the same age stands above" in faults[0]
    (fault,) = faults_of(folder, LONG, where={"age": ["bb"]})
    assert fault.startswith("table.csv: where: no row has 'bb' in the column 'age'")
    (fault,) = faults_of(folder, LONG, columns={"n": "d"}, category="age", value="n")
    assert fault.startswith("table.csv: no column 'd'")


def test_a_category_that_an_area_lacks_or_an_empty_cell_is_not_zero(folder):
    gap = LONG.replace(f"{CODES[0]},x,b,1,20\n", "").replace(
        f"{CODES[1]},x,b,1,20", f"{CODES[1]},x,b,1,"
    )
    wide = table(folder, gap, {"b": "b"}, category="age", value="n")
    assert wide.tables["t", "b"].isna().tolist() == [True, True, False]


def test_no_table_is_an_empty_table(folder):
    read = read_tables({}, folder, pd.Index(CODES))
    assert read.tables.shape == (3, 0)
    assert read.tables.columns.names == ["source", "column"]


def test_bulk_zips_and_compressed_tables_are_read(folder):
    text = "geography code,all\n" + "".join(f"{code},1\n" for code in CODES)
    with zipfile.ZipFile(folder / "ts.zip", "w") as archive:
        for level in ("oa", "lsoa", "msoa"):
            archive.writestr(f"census2021-ts011-{level}.csv", text if level == "lsoa" else "x\n")
    (folder / "t.csv.gz").write_bytes(gzip.compress(text.encode("utf-8-sig")))
    sources = {
        path: TableSource(kind="table", path=path, columns={"all": "all"})
        for path in ("ts.zip", "t.csv.gz")
    }
    read = read_tables(sources, folder, pd.Index(CODES))
    assert (read.tables == 1).all(axis=None)
    assert list(read.tables.columns.get_level_values("source")) == ["ts.zip", "t.csv.gz"]


# The real files


@pytest.fixture(scope="module")
def essex(shared):
    def lookup(name, code, by=None, **groups):
        return GroupLookup(path=f"lookups/{name}.csv.gz", code=code, groups=groups, by=by)

    source = AreaSource(
        boundaries="essex/lsoa21_boundaries.gpkg",
        code="LSOA21CD",
        name="LSOA21NM",
        groups={"district": "LAD24NM", "district_code": "LAD24CD"},
        lookups=(
            lookup("lsoa21_ward24_lad24", "lsoa21_code", ward="ward24_name"),
            lookup(
                "lad24_csp24_pfa24", "ltla24_code", by="district_code", partnership="csp24_name"
            ),
            lookup("ruc21_lsoa21", "lsoa21_code", rural="ruc"),
        ),
    )
    return read_areas(source, shared / "data")


def test_essex_has_14_districts_and_14_partnerships(essex):
    assert essex.notes == ()
    assert len(essex.areas) == 1111
    assert essex.areas["district"].nunique() == 14
    assert essex.areas["partnership"].nunique() == 14
    assert "not recorded" not in essex.areas["ward"].to_numpy()
    assert [file.role for file in essex.files] == ["boundaries", "lookup", "lookup", "lookup"]


def census(table, **columns):
    return TableSource(kind="table", path=f"census/census2021-{table}.zip", columns=columns)


def test_the_census_of_essex_adds_up(essex, shared):
    part = "Household deprivation: "
    two_or_more = [
        f"{part}Household is deprived in {n} dimensions; measures: Value"
        for n in ("two", "three", "four")
    ]
    everyone = f"{part}Total: All households; measures: Value"
    sources = {
        "age": census("ts007a", total="Age: Total"),
        "deprivation": census("ts011", all=everyone, two=two_or_more),
        "imd": TableSource(
            kind="table",
            path="deprivation/imd2025_england_lsoa21_indicators.csv.gz",
            code="lsoa21_code",
            columns={"employment": "employment_domain_numerator"},
        ),
    }
    read = read_tables(sources, shared / "data", essex.areas.index)
    assert read.notes == ()
    assert read.tables.notna().all(axis=None)
    assert read.tables[("age", "total")].sum() == 1_860_133
    assert read.tables[("deprivation", "all")].sum() == 771_180
    assert read.tables[("deprivation", "two")].lt(read.tables[("deprivation", "all")]).all()
    assert [file.rows for file in read.files] == [35_672, 35_672, 33_755]


def test_a_table_of_2021_on_boundaries_of_2011_lacks_the_split_areas(shared):
    source = AreaSource(boundaries="essex/lsoa11_boundaries_unsnapped.gpkg", code="LSOA11CD")
    areas = read_areas(source, shared / "data").areas
    age = TableSource(
        kind="table", path="census/census2021-ts007a.zip", columns={"n": "Age: Total"}
    )
    read = read_tables({"age": age}, shared / "data", areas.index)
    assert "28 of 1,077 areas are not in it" in read.notes[0]
    assert read.tables.isna().sum().sum() == 28


def test_half_a_table_missing_is_a_fault_unless_it_is_meant(folder):
    one, *others = CODES
    with pytest.raises(InputError, match=f"{len(others)} of {len(CODES)} areas are not in it"):
        table(folder, f"code,n\n{one},1\n")
    read = table(folder, f"code,n\n{one},1\n", accept_losses=True)
    assert read.tables.notna().sum().tolist() == [1]
