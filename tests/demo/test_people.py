import numpy as np
import pytest

from riskindex.demo.map import draw_map, stream
from riskindex.demo.people import centroids, draw_people, smooth_field, standardised


@pytest.fixture(scope="module")
def areas():
    return draw_map(seed=3, n=60, districts=4)


@pytest.fixture(scope="module")
def people(areas):
    return draw_people(areas, seed=3)


def test_bases_are_parts_of_the_residents(people):
    table = people.areas
    for part in ("residents_10_24", "residents_16_over", "residents_65_over"):
        assert (table[part] >= 0).all()
        assert (table[part] <= table["residents"]).all()
    assert (table["residents_65_over"] <= table["residents_16_over"]).all()


def test_tables_of_the_census_add_up(people):
    ages = people.tables["ts007a"].set_index("geography code")
    parts = [c for c in ages if c.startswith("Age: Aged")]
    assert (ages[parts].sum(axis=1) == ages["Age: Total"]).all()
    assert (ages["Age: Total"] == people.areas["residents"]).all()
    homes = people.tables["ts011"].set_index("geography code").filter(like="Household deprivation")
    assert (homes.iloc[:, 0] == homes.iloc[:, 1:].sum(axis=1)).all()
    assert (homes.iloc[:, 0] == people.areas["households"]).all()


def test_hardship_makes_homes_deprived(people):
    homes = people.tables["ts011"].set_index("geography code").filter(like="Household deprivation")
    poor = homes.iloc[:, 3:].sum(axis=1) / homes.iloc[:, 0]
    assert np.corrcoef(poor, people.hardship)[0, 1] > 0.8


def test_residents_that_are_given_are_kept(areas):
    given = areas.assign(residents=np.arange(60) + 500.0)
    assert (draw_people(given, seed=3).areas["residents"] == given["residents"]).all()


def test_a_smooth_field_is_alike_among_neighbours(areas):
    points = centroids(areas)
    field = smooth_field(points, stream(1, "field"), reach=8)
    assert field.mean() == pytest.approx(0, abs=1e-9)
    assert field.std() == pytest.approx(1)
    apart = np.hypot(*(points[:, None] - points[None, :]).transpose(2, 0, 1))
    alike = field[:, None] * field[None, :]
    near = (apart > 0) & (apart < np.quantile(apart[apart > 0], 0.05))
    assert alike[near].mean() > 0.3


def test_standardised_numbers_have_mean_0_and_deviation_1():
    found = standardised(np.array([1.0, 2, 6]))
    assert found.mean() == pytest.approx(0)
    assert found.std() == pytest.approx(1)
