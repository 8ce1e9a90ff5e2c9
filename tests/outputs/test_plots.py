import re

import numpy as np

from riskindex.outputs.plots import Dot, Line, draw_bars, draw_dots, draw_lines, svg


def test_plots_say_what_they_are_and_repeat():
    lines = [Line("a <b>", [1.0, np.nan, 3.0], "place"), Line("county", [2.0, 2.0, 2.0], "whole")]
    plot = draw_lines("Title <x>", lines, ["Jan", "", "Mar"], about="About.", unit="per 1,000")
    assert 'aria-label="Title &lt;x&gt;. About."' in plot
    assert "<x>" not in plot
    assert re.search(r'class="line place" d="M[^L]+M', plot)  # a gap where a month is missing
    assert plot == draw_lines(
        "Title <x>", lines, ["Jan", "", "Mar"], about="About.", unit="per 1,000"
    )


def test_bars_start_at_zero_and_reach_their_value():
    plot = draw_bars("t", ["a", "b"], [0.0, 10.0], [5.0, np.nan])
    heights = [float(h) for h in re.findall(r'class="bar".*?height="([\d.]+)"', plot)]
    assert heights[0] == 0
    assert heights[1] == 140  # 10 is the highest tick
    assert plot.count("mark-line") == 1


def test_dots_leave_out_what_is_missing():
    plot = draw_dots("t", [Dot("x", 1.0, 0.5, 2.0, True), Dot("y", np.nan, np.nan, np.nan)])
    assert plot.count("<circle") == 1
    assert ">y<" in plot


def test_a_drawing_names_itself_and_keeps_text_text():
    plot = svg("A <b>", "<g/>", about="What it shows.", width=10, height=5)
    assert plot.startswith('<svg role="img" width="10" height="5" viewBox="0 0 10 5"')
    assert "<title>A &lt;b&gt;</title><desc>What it shows.</desc><g/></svg>" in plot
    assert "width=" not in svg("A", "", fills=True)


def test_nothing_to_draw_is_an_empty_plot():
    assert "<circle" not in draw_dots("t", [])
    assert "bar" not in draw_bars("t", [], [], [])
    lines = [Line("a", [np.nan, np.nan], "place")]
    assert "NaN" not in draw_lines("t", lines, ["Jan", "Feb"]).replace("nan", "NaN")
