"""On whose ground a thing lies, with both errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from shapely.geometry import LineString, Polygon, box

from pipeline.errors import GeometryError
from pipeline.geometry.side import Region, SideModel, certain_ground, probability_inside, sides_of

EXTENT = box(-5000, -5000, 5000, 5000)
LINE = LineString([(0, -5000), (0, 5000)])
WEST, EAST = box(-5000, -5000, 0, 5000), box(0, -5000, 5000, 5000)
metres = st.floats(-4000, 4000)
sigmas = st.floats(0.1, 300)


def straight(accuracy_m: float) -> SideModel:
    return SideModel.of(LINE, WEST, EAST, accuracy_m, EXTENT)


def error(major: float, minor: float, turn: float) -> np.ndarray:
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return (axes @ np.diag([major**2, minor**2]) @ axes.T)[None]


@given(east=metres, north=metres, major=sigmas, minor=sigmas, turn=st.floats(0, np.pi), accuracy=st.floats(0, 800))
def test_a_straight_line_gives_the_normal_distribution(east, north, major, minor, turn, accuracy):
    """Only the error across the line matters, with the line's own in quadrature."""
    covariance = error(major, minor, turn)

    sides = sides_of(straight(accuracy), np.array([[east, north]]), covariance)

    across = np.hypot(np.sqrt(covariance[0, 0, 0]), accuracy / 1.959964)
    assert sides.p_b[0] == pytest.approx(norm.cdf(east / across), abs=2e-6)
    assert sides.p_a[0] + sides.p_b[0] + sides.p_between[0] == pytest.approx(1, abs=1e-9)
    assert sides.distance_m[0] == pytest.approx(east, abs=1e-6)


@settings(max_examples=40)
@given(points=st.lists(st.tuples(metres, metres), min_size=1, max_size=6), sigma=sigmas, accuracy=st.floats(0, 800))
def test_exchanging_the_parties_exchanges_the_answers_to_the_bit(points, sigma, accuracy):
    bent = LineString([(-5000, 0), (-300, 40), (0, 900), (250, -60), (5000, 0)])
    south = Polygon([*bent.coords, (5000, -5000), (-5000, -5000)])
    north = Polygon([*bent.coords, (5000, 5000), (-5000, 5000)])
    xy, covariance = np.array(points), np.repeat(error(sigma, sigma / 3, 0.7), len(points), axis=0)

    one = sides_of(SideModel.of(bent, south, north, accuracy, EXTENT), xy, covariance)
    other = sides_of(SideModel.of(bent, north, south, accuracy, EXTENT), xy, covariance)

    np.testing.assert_array_equal(one.p_a, other.p_b)
    np.testing.assert_array_equal(one.p_b, other.p_a)
    np.testing.assert_array_equal(one.p_between, other.p_between)
    np.testing.assert_array_equal(one.distance_m, -other.distance_m)


@settings(max_examples=15, deadline=None)
@given(east=st.floats(-150, 150), north=st.floats(-150, 150), major=st.floats(5, 120), flat=st.floats(0.1, 1))
def test_a_corner_agrees_with_counting_random_points(east, north, major, flat):
    """Where the edge is bent, the closed form does not hold; a hundred thousand draws are the truth."""
    corner = Region.of(Polygon([(0, 0), (3000, 400), (3000, 3000), (400, 3000)]), 0.0)
    covariance = error(major, major * flat, 0.4)
    draws = np.random.default_rng(5).multivariate_normal([east, north], covariance[0], 100_000)

    probability = probability_inside(corner, np.array([[east, north]]), covariance)[0]

    assert probability == pytest.approx((corner.signed_distance_m(draws) > 0).mean(), abs=0.025)


def test_a_narrow_strip_is_left_on_both_sides():
    """The half-width is one sigma: 68 %, not the 84 % of a single edge."""
    strip = Region.of(box(-50, -4000, 50, 4000), 0.0)

    probability = probability_inside(strip, np.zeros((1, 2)), error(50, 50, 0.0))

    assert probability[0] == pytest.approx(0.683, abs=0.02)


def test_far_inside_is_certain_and_on_the_line_is_even():
    sides = sides_of(straight(100), np.array([[4000.0, 0], [-4000, 0], [0, 0]]), np.repeat(error(3, 3, 0), 3, axis=0))

    assert sides.p_b.tolist() == [1.0, 0.0, 0.5]
    assert sides.p_a.tolist() == [0.0, 1.0, 0.5]


def test_a_rough_line_determines_nothing_near_it():
    near = np.array([[500.0, 0.0]])

    assert sides_of(straight(3000), near, error(2, 2, 0)).p_b[0] < 0.95
    assert sides_of(straight(100), near, error(2, 2, 0)).p_b[0] > 0.999


def test_off_the_ends_of_the_line_polygons_decide():
    """A line that stops short, whose sides go on: the sign of a cross product with its last leg would be wrong here."""
    line = LineString([(-100, 0), (0, 0), (0, 100)])
    corner = Polygon([(-5000, 0), (0, 0), (0, 5000), (-5000, 5000)])
    model = SideModel.of(line, corner, EXTENT.difference(corner), 2.0, EXTENT)

    sides = sides_of(
        model, np.array([[-3000.0, 2000.0], [-2000, -50], [50, 3000]]), np.repeat(error(1, 1, 0), 3, axis=0)
    )

    assert sides.p_a.round(6).tolist() == [1.0, 0.0, 0.0]
    assert np.sign(sides.distance_m).tolist() == [-1, 1, 1]


def test_between_two_forward_lines_is_nobodys_ground():
    model = SideModel.of(LINE, box(-5000, -5000, -200, 5000), box(200, -5000, 5000, 5000), 40.0, EXTENT)

    sides = sides_of(model, np.array([[0.0, 10.0], [-200, 0], [300, 0]]), np.repeat(error(5, 5, 0), 3, axis=0))

    assert sides.p_between[0] == pytest.approx(1, abs=1e-9)
    assert (sides.p_a[1], sides.p_between[1]) == pytest.approx((0.5, 0.5))
    assert sides.p_b[2] > 0.99


def test_the_drawing_has_an_end_and_beyond_it_nothing_is_said():
    sides = sides_of(straight(100), np.array([[9000.0, 0.0], [4990.0, 0.0]]), np.repeat(error(50, 50, 0), 2, axis=0))

    assert np.isnan([sides.p_a[0], sides.p_b[0], sides.p_between[0], sides.distance_m[0]]).all()
    assert sides.p_b[1] == 1.0, "the end of the drawing is no line between two grounds"


def test_overlapping_and_invalid_sides_are_refused():
    with pytest.raises(GeometryError, match="overlap"):
        SideModel.of(LINE, WEST, box(-100, -5000, 5000, 5000), 1.0, EXTENT)
    with pytest.raises(GeometryError, match="Self-intersection"):
        Region.of(Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), 1.0)


def test_certain_ground_is_where_a_point_is_certain():
    model = straight(100)
    ground = certain_ground(model.b, 0.95)
    edge = ground.bounds[0]

    assert probability_inside(model.b, np.array([[edge, 0.0]]), np.zeros((1, 2, 2)))[0] == pytest.approx(0.95, abs=1e-3)


def test_an_unknown_place_has_no_side():
    sides = sides_of(straight(100), np.array([[np.nan, 0.0]]), error(1, 1, 0))

    assert np.isnan(sides.p_a[0])
