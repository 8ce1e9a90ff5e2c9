from riskindex.assessment.figure_rows import COLUMNS, KEY
from riskindex.publication.data_dictionary import AREA_COLUMNS, TABLES

COUNTS = ("integer", "number")


def test_every_table_has_a_title_and_names_its_rows_by_columns_that_it_describes():
    for name, (title, columns, key) in TABLES.items():
        assert name.endswith(".csv")
        assert title
        assert set(key) <= set(columns)


def test_every_column_is_told_in_a_sentence():
    texts = [column for _, columns, _ in TABLES.values() for column in columns.values()]
    assert [c.meaning for c in texts if not c.meaning.endswith(".")] == []


def test_only_numbers_have_a_unit():
    texts = [column for _, columns, _ in TABLES.values() for column in columns.values()]
    assert all(column.type in COUNTS for column in texts if column.unit)


def test_figures_are_described_in_the_order_in_which_they_stand():
    _, columns, key = TABLES["figures.csv"]
    assert tuple(columns) == COLUMNS
    assert key == KEY


def test_a_word_means_the_same_in_every_table():
    shared = ("area_code", "factor", "period")
    for name in shared:
        assert len({columns[name] for _, columns, _ in TABLES.values() if name in columns}) <= 2
    assert AREA_COLUMNS["rank"].meaning.startswith("Rank by the index, 1 the highest risk")
