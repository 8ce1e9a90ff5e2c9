"""The list as one reads it: its order, its columns, and how each factor is hot."""


def test_the_list_is_in_rank_order_and_holds_the_selected_areas(county_result, county_released):
    top = county_released.top
    assert list(top["rank"]) == sorted(top["rank"])
    assert set(top.index) == set(county_result.index.index[county_result.index["selected"]])
    assert len(top) == county_result.cut.selected


def test_the_list_has_the_columns_that_a_reader_needs(county_released):
    wanted = [
        "rank",
        "name",
        "district",
        "score",
        "factors_hot",
        "reasons",
        "residents",
        "residents_10_24",
        "override",
        "override_reason",
    ]
    assert [c for c in wanted if c not in county_released.top] == []


KINDS = ("own", "neighbourhood", "both", "next_door")


def test_hot_factors_are_told_apart_by_kind(county_result, county_released):
    top = county_released.top
    labels = {f.name: f.label for f in county_result.config.factors if f.scored}
    hot = county_result.scores["is_hot"].unstack("factor")
    code = top.index[0]
    named = "; ".join(top.loc[code, [f"factors_{kind}" for kind in KINDS]])
    for factor, label in labels.items():
        tested = county_released.factors.loc[factor, "method"] not in ("threshold", "value")
        if hot.loc[code, factor] and tested and factor != "domestic_abuse":
            assert label in named


def test_every_hot_factor_that_was_tested_is_named_by_how_it_is_hot(county_result, county_released):
    table = county_released.top
    named = sum(
        table[f"factors_{kind}"].str.split("; ").map(lambda parts: len([p for p in parts if p]))
        for kind in KINDS
    )
    scores = county_result.scores
    untested = scores["is_hot"].astype(bool) & (scores["kind"] == "")
    shares = untested.groupby(level="area_code").sum().reindex(table.index)
    assert (named + shares == table["factors_hot"]).all()
    assert set(scores.index[untested].get_level_values("factor")) <= {"deprivation"}
