"""What the tests of the saved map ask of a page, and the same computed in Python."""

from fractions import Fraction
from typing import Any

import numpy as np

from riskindex.index.build import Index, build_index
from riskindex.index.selection import Selection, select_top
from riskindex.publication.released import Released


def rows(page: Any) -> list[str]:
    return page.locator("#list-rows tr th button").all_inner_texts()


def set_slider(page: Any, place: int, times: float) -> None:
    page.locator("#tab-whatif").click()
    page.locator(f"#weight-{place}").evaluate(
        "(slider, times) => { slider.value = times; slider.dispatchEvent(new Event('input')); }",
        times,
    )


def python_choice(release: Released, options: Index, weights: Any, selection: Selection) -> Any:
    names = release.scores.index.get_level_values("factor").unique()
    by_factor = dict(zip(names, weights, strict=True))
    given = release.scores.index.get_level_values("factor").map(by_factor)
    index = build_index(release.scores.assign(weight=given), options=options)
    return select_top(index, selection=selection, groups=release.areas["district"])


def page_choice(page: Any, weights: Any, selection: Selection) -> Any:
    choices = {
        "weights": [float(weight) for weight in weights],
        "share": f"{float(Fraction(str(selection.share)) * 100):.10g}",
        "number": selection.number,
        "ties": selection.ties,
        "rounding": selection.rounding,
    }
    return page.evaluate(
        """(choices) => {
            const { index, cut } = riskindex.app.recompute(choices);
            const plain = (values) => [...values].map((v) => (Number.isNaN(v) ? null : v));
            return { score: plain(index.score), rank: plain(index.rank),
                     companion: plain(index.companion), selected: [...cut.selected] };
        }""",
        choices,
    )


def assert_equal_choices(
    page: Any, release: Released, options: Index, draws: int, minimum: int = 0
) -> None:
    rng = np.random.default_rng(11)
    factors = release.scores.index.get_level_values("factor").nunique()
    for _ in range(draws):
        weights = rng.choice([0, 0.225, 0.5, 1, 2, 3.75], size=factors)
        if (weights > 0).sum() < options.minimum_factors:
            continue
        selection = Selection(
            share=float(rng.choice([0.05, 0.055, 0.1, 0.33])),
            number=int(rng.integers(1, 40)) if rng.random() < 0.3 else None,
            rounding=str(rng.choice(["ceil", "floor", "round"])),
            ties=str(rng.choice(["order", "include", "exclude"])),
            minimum_per_group=minimum,
        )
        expected = python_choice(release, options, weights, selection).table
        found = page_choice(page, weights, selection)
        for column in ("score", "companion", "rank"):
            values = [np.nan if v is None else v for v in found[column]]
            wanted = expected[column].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
            np.testing.assert_array_equal(values, wanted, err_msg=column)
        assert found["selected"] == expected["selected"].astype(int).tolist()
