"""Pieces of a text: joined as in a list, each number with its row."""

from riskindex.outputs.needs.blocks import DocumentText, Number, Section, joined

A, B, C = ((Number(str(n), f"row {n}"),) for n in (1, 2, 3))


def test_pieces_are_joined_with_commas_and_one_last_word():
    assert joined([A]) == A
    assert joined([A, B]) == (*A, " and ", *B)
    assert joined([A, B, C], last=" or ") == (*A, ", ", *B, " or ", *C)
    assert joined([]) == ()


def test_a_number_keeps_its_row_through_a_list():
    assert [part.row for part in joined([A, B, C]) if isinstance(part, Number)] == [
        "row 1",
        "row 2",
        "row 3",
    ]


def test_a_text_without_sections_is_empty_and_not_shared():
    one, other = (DocumentText(title="t", lead="", place=place) for place in "ab")
    assert one.sections == other.sections == ()
    assert Section("s", []).blocks == []
