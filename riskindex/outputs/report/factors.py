"""The factors: how each is tested and scored, and what its tests found in the last period."""

import re
from collections.abc import Iterator

import pandas as pd

from riskindex.assessment.area_rows import HOT
from riskindex.assessment.run_rows import STAYS_HOT
from riskindex.factors import inside
from riskindex.outputs.pages import in_words, of_rows, paragraphs, record_table
from riskindex.outputs.report.findings import scan_part, stays_hot
from riskindex.publication.released import Released
from riskindex.tables import rows

METHODS = {
    "window": "the area with its neighbours, against what their base (such as residents) would "
    "lead one to expect, with the counts' own dispersion",
    "getis-ord": "Getis-Ord Gi* with an exact p-value: the area with its neighbours, against "
    "the same counts shuffled over the map",
    "poisson": "the area itself, against what its base would lead one to expect, with the "
    "counts' own dispersion",
    "threshold": "a share above a stated threshold",
    "value": "a share, rate or measure as it is, without a test",
}
SCORES = {
    "flag": "100 where hot, else 0",
    "confidence": "0, 33.3, 66.7 or 100 for not hot, 90, 95 and 99% confidence",
    "persistence": "periods hot of periods assessed, of 100",
    "intensity": "strength of the excess",
    "value": "the share, rate or measure",
    "risk": "the area's own estimated risk, events over those expected",
    "threshold": "100 above the threshold, else 0",
    "": "not scored: mapped and tested only",
}

ABOUT_FACTORS = (
    "Each factor is tested on its own. The weights and the way from a hotspot to a score are "
    "choices of this run, printed here so that they can be questioned."
)
ABOUT_VALUES = (
    "No factor is tested against chance. The weights and the way from a value to a score are "
    "choices of this run, printed here so that they can be questioned."
)
ABOUT_WINDOWS = (
    "Where most people come from elsewhere, as in town centres, at stations or at an airport, "
    "residents let one expect too few events: read those areas with that in mind."
)
ABOUT_SURROUNDINGS = (
    "To share out means between parts of the study area, read hot; to find single spots, read "
    "hotter than the surroundings (the 200 nearest areas): where risk changes smoothly, whole "
    "quarters are hot without a spot in them."
)


def factors_part(released: Released) -> str:
    """What the factors are, what their tests assume, and what they found, as HTML."""
    columns = {
        "label": "Factor",
        "score_words": "Score",
        "weight": "Weight",
        "periods": "Periods",
        "hot_by_period": "Areas hot, by period",
    }
    factors, tested = released.factors, released.factors["method"] != "value"
    table = factors.assign(
        score_words=score_words(factors),
        weight=[f"{weight:g}" for weight in factors["weight"]],
        # A zero would say that a value was tested and that no area was hot.
        hot_by_period=factors["hot_by_period"].where(tested, "not tested"),
    )
    about = ABOUT_FACTORS if tested.any() else ABOUT_VALUES
    named = [" ".join([str(name), *_hot_rows(released, str(name))]) for name in factors.index]
    return (
        paragraphs([about, *_method_sentences(released), _police_sentence(released)])
        + record_table(table[list(columns)].rename(columns=columns).to_dict("records"), named=named)
        + _tests_part(released)
        + scan_part(released)
    )


def _hot_rows(released: Released, factor: str) -> Iterator[str]:
    """Rows of how many areas are hot for a factor, by period."""
    for period in str(released.factors.at[factor, "periods"]).split(", "):
        yield released.row_of(f"{factor}.hot", category=HOT, period=period)


def score_words(factors: pd.DataFrame) -> "pd.Series[str]":
    """How each factor of a release scores, in words."""
    # Only what departs from the usual estimate is named.
    usual = factors["estimate"] == ""
    # Flags and confidence have the same scale in every run; only strengths are put on the one that
    # was asked for.
    by_value = factors["score"].isin(["intensity", "value", "risk"])
    words = factors["score"].map(SCORES)
    if "scale" in factors:
        words = words.where(~by_value, words + " (" + factors["scale"] + ")")
    return words.where(usual, words + ": " + factors["estimate"])


def _method_sentences(released: Released) -> Iterator[str]:
    """Per method which factors it tests, and what it assumes; numbers stand in the table."""
    # By method: what a test assumes belongs to the method and not to the factor.
    for method, part in released.factors.groupby("method", sort=False):
        labels = in_words([inside(str(label)) for label in part["label"]])
        # Without the numbers, factors of one method assume the same, and the sentence is said once.
        nulls = dict.fromkeys(_without_numbers(str(null)) for null in part["null"])
        # A method without a test assumes nothing, and a sentence that says so helps nobody.
        assumptions = [
            null for null in nulls if null and not null.startswith(("no test", "nothing"))
        ]
        assumed = f" It assumes: {'; or '.join(assumptions)}." if assumptions else ""
        line = f"{labels[:1].upper()}{labels[1:]}: {METHODS[str(method)]}.{assumed}"
        yield of_rows(line, "manifest:/tests")
        # Only windows and areas against residents have this flaw; shuffled counts ask nothing of
        # residents.
        if method == "window":
            yield ABOUT_WINDOWS


def _without_numbers(null: str) -> str:
    """What a test assumes, but for the spread of the counts, which differs between factors."""
    return re.sub(r"(,? with)? (variance|dispersion) [\d.].*", "", null)


def _police_sentence(released: Released) -> str:
    by_police = released.factors["recorded"].astype(str) == "police-generated"
    if not by_police.any():
        return ""
    labels = [inside(str(label)) for label in released.factors.loc[by_police, "label"]]
    return f"Found by police activity, so they show where police look, too: {in_words(labels)}."


TEST_WORDS = {
    "assessed": "Assessed",
    "not_assessed": "Not assessed",
    "total": "Total",
    "average": "Average area",
    "hot": "Hot",
    "hot_90": "At 90%",
    "hot_95": "At 95%",
    "hot_99": "At 99%",
    "next_door": "Next door to a hotspot",
    "hot_all": "Hot, all periods corrected together",
    "hot_both": "Hot, and hotter than the surroundings",
    "hot_local": "Hotter than the surroundings",
    "dispersion": "Dispersion",
    "hot_without_dispersion": "Hot without dispersion",
    "left_out": "Areas left out of the dispersion",
    "moran_i": "Moran's I",
    "moran_p": "its p",
    "general_g": "General G, thousandths",
    "general_g_p": "p of G",
}
"""Column of the tests to its heading in the report."""
_DECIMALS = {"average": 1, "dispersion": 3, "moran_i": 3, "general_g": 3}
_ABOUT_TESTS = (
    "Tests of the last period: how many areas are hot, and with how much confidence; Moran's I is "
    "above 0 where neighbours are alike, General G is high where high numbers lie side by side."
)


def _tests_part(released: Released) -> str:
    table = _last_tests(released)
    if table.empty:
        return ""
    lines = [_ABOUT_TESTS, ABOUT_SURROUNDINGS if "Hotter than the surroundings" in table else ""]
    return (
        "<h3>What the tests found</h3>"
        + paragraphs(lines)
        + record_table(table.to_dict("records"), named=list(_rows_of_tests(released)))
        + paragraphs(_quiet_sentences(released))
    )


def _rows_of_tests(released: Released) -> Iterator[str]:
    """For each line of the table the test in the manifest, and what stays hot."""
    position = {key: at for at, key in enumerate(released.tests.index)}
    tests = released.tests[released.tests["method"] != "value"]
    for factor, period in tests.groupby(level="factor", sort=False).tail(1).index:
        stays = released.row_of(f"{factor}.{STAYS_HOT}")
        yield f"manifest:/tests/{position[factor, period]} {stays}".strip()


def _last_tests(released: Released) -> pd.DataFrame:
    """One line per tested factor; columns that say nothing of any are left out."""
    # A value is not tested: it scores as it is.
    tests = released.tests[released.tests["method"] != "value"]
    # Rows are in order of time; the list stands on the last period.
    last = tests.groupby(level="factor", sort=False).tail(1).droplevel("period")
    if last.empty:
        return pd.DataFrame()
    # General G is a share of all pairs, so small that three decimals would show zeros.
    if "general_g" in last:
        last = last.assign(general_g=1000 * last["general_g"].astype(float))
    columns = [c for c in TEST_WORDS if c in last and _says_something(last, c)]
    shown = {TEST_WORDS[c]: [_number(c, v) for v in last[c]] for c in columns}
    labels = [released.label(str(factor)) for factor in last.index]
    table = pd.DataFrame({"Factor": labels, **shown})
    stays = [stays_hot(released, str(factor)) for factor in last.index]
    if any(stays):
        table["Hot without the most excessive area of their window"] = stays
    return table


def _says_something(tests: pd.DataFrame, name: str) -> bool:
    """Whether a column is no row of zeros, and says another thing than the hot areas do."""
    numbers = tests[name].dropna()
    # At the usual level hot is 95% sure, and of one period all corrections are one.
    is_told = name in ("hot_95", "hot_99", "hot_all") and tests[name].equals(tests["hot"])
    return bool((numbers != 0).any()) and not is_told


def _number(column: str, value: float) -> str:
    if pd.isna(value):
        return ""
    # No p-value is 0, however it rounds.
    if column.endswith("_p"):
        return "<0.001" if value < 0.001 else f"{value:.3f}"
    return f"{value:,.{_DECIMALS.get(column, 0)}f}"


def _quiet_sentences(released: Released) -> Iterator[str]:
    """Factors that found nothing, which is a result, and where they score all the same."""
    for factor, about in released.factors.iterrows():
        hot = released.tests.xs(factor, level="factor")["hot"]
        # Missing means not released, and nothing may be said of it.
        if about["method"] == "value" or hot.isna().all() or (hot > 0).any():
            continue
        scores = _quiet_scores(released, str(factor))
        yield f"{about['label']}: no area is hot. That is a result{scores}."


def _quiet_scores(released: Released, factor: str) -> str:
    # The scores of restricted factors are the protected run's, the hot areas are not.
    if not released.factors.at[factor, "scored"] or factor not in released.numbered:
        return ""
    # Scores by confidence begin at 90%, below the level at which an area is called hot.
    if not (rows(released.scores, factor=factor)["score"] > 0).any():
        return ": the factor scores 0 everywhere"
    by_confidence = released.factors.at[factor, "score"] == "confidence"
    return f": some areas score {'by lesser confidence' if by_confidence else 'above 0'}"
