import pandas as pd

from riskindex.screen import downloads, show, show_table, stages

BELL_AND_RED = "a\x1b[31mb\x07c"
"""What would colour the screen and ring its bell."""


def test_text_of_a_file_cannot_steer_the_terminal(capsys):
    show(BELL_AND_RED)
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert shown.startswith("a")


def test_markup_in_a_line_is_only_text(capsys):
    show("[bold]1 of 2[/bold]")
    assert capsys.readouterr().out == "[bold]1 of 2[/bold]\n"


def test_a_table_has_its_title_columns_and_thousands(capsys):
    show_table("Areas", pd.DataFrame({"code": ["E1\x1b"], "events": [12345]}))
    shown = capsys.readouterr().out
    assert "Areas" in shown
    assert "12,345" in shown
    assert "\x1b" not in shown


def test_where_nobody_looks_stages_say_nothing(capsys):
    with stages(quiet=False) as say:
        say("Reading: a file")
    with downloads(quiet=True) as tell:
        tell("a.zip", 1, None)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_a_line_breaks_between_words_on_a_screen_and_stays_whole_in_a_pipe(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    line = " ".join(["neighbourhoods"] * 20)
    show(line)
    assert capsys.readouterr().out == f"{line}\n"
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    show(line)
    shown = capsys.readouterr().out.splitlines()
    assert max(map(len, shown)) <= 80
    assert " ".join(part.strip() for part in shown) == line
