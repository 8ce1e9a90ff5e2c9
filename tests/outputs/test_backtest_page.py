from types import SimpleNamespace

import numpy as np
import pandas as pd

from riskindex.outputs.backtest_page import (
    MEANING,
    SHOWN,
    ReleasedBacktest,
    _parts,
    hit_rates,
    sentences,
    span_of,
    wide,
)

HIT = {
    "index": (0.20, 0.15, 0.25, 20, np.nan, np.nan),
    "last": (0.10, 0.06, 0.14, 10, 0.05, 0.15),
    "residents": (0.30, 0.25, 0.35, 30, -0.15, -0.05),
    "chance": (0.19, 0.10, 0.28, 19, -0.05, 0.08),
}
"""Value, limits, events caught, and limits of the difference of the index from each list."""


def row(method, measure, value, low, high, caught, below, above):
    return {
        "target": "violence",
        "method": method,
        "measure": measure,
        "value": value,
        "low": low,
        "high": high,
        "caught": caught,
        "events": 100,
        "areas": 5,
        "difference_low": below,
        "difference_high": above,
    }


def backtest():
    rows = [row(method, "hit_rate", *numbers) for method, numbers in HIT.items()]
    nothing = (np.nan,) * 3
    for measure in SHOWN:
        if measure != "hit_rate":
            rows += [row(m, measure, *nothing, HIT[m][3], np.nan, np.nan) for m in HIT]
    return ReleasedBacktest(
        released=SimpleNamespace(cut=SimpleNamespace(selected=5)),
        held_out=("2021", "2022"),
        before={"violence": "2020"},
        targets={"violence": "Violence"},
        labels={"index": "The index", "last": "Last", "residents": "Most", "chance": "Chance"},
        table=pd.DataFrame(rows),
        lists=pd.DataFrame(),
        draws=100,
        stays=3,
        notes=(),
    )


def test_periods_in_words():
    assert span_of(["2020"]) == "2020"
    assert span_of(["2018", "2019", "2020"]) == "2018 to 2020"


def test_a_sentence_says_what_was_caught_and_whether_others_caught_more():
    first, last = sentences(backtest())
    assert first == (
        "Violence: the 5 areas of the list built on 2020 held 20 of the 100 events of 2021 to "
        "2022, 20.0% (15.0% to 25.0%). As many areas by other rules: last 10.0% (fewer), most "
        "30.0% (more) and chance 19.0% (no clear difference)."
    )
    assert last == "Of the 5 areas, 3 are on the list of all periods, too."


def test_a_line_per_list_with_its_measures_in_words():
    table = wide(backtest(), "violence")
    assert table["List"].tolist() == ["The index", "Last", "Most", "Chance"]
    assert table["Events caught"].tolist() == [20, 10, 30, 19]
    assert table["Hit rate"].iloc[0] == "20.0% (15.0 to 25.0)"
    assert (table["PEI"] == "–").all()


def test_signs_say_who_caught_more_than_the_index():
    table = hit_rates(backtest())
    assert table["Violence"].tolist() == ["20.0%", "10.0% -", "30.0% +", "19.0%"]


def test_every_measure_that_is_shown_is_explained():
    text = " ".join(MEANING)
    assert all(words in text for words in ("Hit rate", "PAI", "PEI", "RRI"))


def test_the_page_begins_with_what_the_list_caught():
    title, html = next(_parts(backtest()))
    assert title == "In short"
    assert html.startswith('<p class="answer">Violence: the 5 areas of the list built on 2020 held')
