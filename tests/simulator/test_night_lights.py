"""Lit windows and street lamps of a village."""

from itertools import pairwise

import numpy as np
import pytest
from render_scenes import lens_of

from pipeline.geometry.rotation import camera_to_site
from pipeline.simulator.render.look import Look
from pipeline.simulator.render.renderer import Renderer
from pipeline.simulator.scene.mesh import Extent
from pipeline.simulator.scene.moment import Moment, Weather
from pipeline.simulator.scene.shot import Shot
from pipeline.simulator.sensor.lens_rays import lens_rays
from pipeline.simulator.things.house import House
from pipeline.simulator.worlds.catalogue import WorldSettings, make_land
from pipeline.simulator.worlds.lit import solar_hour

EVERYWHERE = Extent(-2000.0, -2000.0, 2000.0, 2000.0)
HOMES = Extent(-350.0, -350.0, 350.0, 350.0)
LENS = lens_of((96, 72), 70.0)


@pytest.fixture(scope="module")
def village():
    return make_land(WorldSettings("village", 4))


def sun_at(hour, height_deg):
    up, bearing = np.radians(height_deg), np.radians(15.0 * hour)
    return np.array([np.cos(up) * np.sin(bearing), np.cos(up) * np.cos(bearing), np.sin(up)])


def lit(land, hour, height_deg=-15.0):
    return {thing.thing_id for thing in land.lit(EVERYWHERE, sun_at(hour, height_deg))}


def seen(renderer, land, sun, at_m, gone=frozenset(), pitch_deg=-50.0):
    ground = float(land.terrain(np.array([at_m[0]]), np.array([at_m[1]]))[0, 0])
    turn = camera_to_site(0.3, np.radians(pitch_deg), 0.0)
    eye = np.array([*at_m, ground + 3.0]) - 45.0 * turn[:, 2]
    moment = Moment(land, (), (), (), (), 0, 0.0, sun, Weather(wind_mps=0.0), gone=gone)
    return renderer.render(moment, Shot(LENS, eye[None], turn[None], np.zeros(1)))


def a_lit_house(land):
    """One with others around, so that something else is in the picture too."""
    things = [thing for thing in land.lit(EVERYWHERE, sun_at(22, -15)) if isinstance(thing.model, House)]
    return min(things, key=lambda thing: np.hypot(thing.x_m, thing.y_m))


def test_solar_hours():
    assert solar_hour(sun_at(12, 60)) == pytest.approx(12)
    assert solar_hour(sun_at(20.5, -3)) == pytest.approx(20.5)
    assert solar_hour(sun_at(3, -20)) == pytest.approx(3)


def test_nothing_burns_by_day_and_ever_more_at_dusk(village):
    assert not lit(village, 12, 50) and not lit(village, 19, 0.5)

    burning = [len(lit(village, 20, height)) for height in (-1, -2, -3, -4, -12)]

    assert burning == sorted(burning) and burning[0] < 0.5 * burning[-1]


def test_villages_sleep(village):
    houses = [t for t in village.things(HOMES, 4.0) if isinstance(t.model, House)]

    share = [sum(name.endswith("-house") for name in lit(village, hour)) / len(houses) for hour in (20.5, 23.0, 2.5)]

    assert share == pytest.approx([0.8, 0.4, 0.06], abs=0.15)
    assert share[0] > share[1] > share[2]


def test_lights_are_steady(village):
    """Whoever has light before midnight and after it had it in between."""
    hours = np.arange(20.5, 26.5, 0.05) % 24
    nights = [lit(village, hour) for hour in hours]

    assert all(later <= sooner for sooner, later in pairwise(nights))
    assert len(set(map(frozenset, nights))) > 5


def test_lights_take_the_place_of_the_dark_thing(village):
    dark = {thing.thing_id: thing for thing in village.things(HOMES, 4.0)}

    for thing in village.lit(HOMES, sun_at(21, -15)):
        other = dark[thing.thing_id]
        assert (thing.x_m, thing.y_m, thing.azimuth_rad) == (other.x_m, other.y_m, other.azimuth_rad)
        assert thing.model.height_m == other.model.height_m and thing.model.kind == other.model.kind
        assert thing.model.mesh(0.05).glow is not None or isinstance(thing.model, House)
        assert other.model.mesh(0.05).glow is None


def test_windows_shine_on_the_same_house(village):
    house, renderer = a_lit_house(village), Renderer(lens_rays, Look())
    evening, late = (seen(renderer, village, sun_at(hour, -20), (house.x_m, house.y_m)) for hour in (22.0, 2.5))
    number = 1 + evening.thing_ids.index(house.thing_id)

    bright = evening.radiance.max(axis=2) > 1e-4
    assert (bright & (evening.number == number)).any()
    assert bright.mean() < 0.1
    assert late.radiance[late.number == number].max() < 1e-4
    assert evening.thing_ids == late.thing_ids and (evening.number == late.number).mean() > 0.999


def test_what_is_gone_has_no_light(village):
    house, renderer = a_lit_house(village), Renderer(lens_rays, Look())

    picture = seen(renderer, village, sun_at(22, -20), (house.x_m, house.y_m), frozenset({house.thing_id}))

    assert house.thing_id not in picture.thing_ids


def test_a_street_lamp_gives_the_road_some_lux(village):
    lamp = next(
        t for t in village.lit(EVERYWHERE, sun_at(21, -20)) if not isinstance(t.model, House) and abs(t.x_m) < 250
    )
    below = (lamp.x_m - np.sin(lamp.azimuth_rad), lamp.y_m + np.cos(lamp.azimuth_rad))
    renderer = Renderer(lens_rays, Look())
    burning, daylight = (
        seen(renderer, village, sun, below, pitch_deg=-85.0) for sun in (sun_at(21, -20), sun_at(12, 60))
    )

    place = burning.ground_m[..., :2] + burning.origin_m[:2] - below
    near = (np.hypot(place[..., 0], place[..., 1]) < 2.5) & (burning.number == 0) & ~daylight.shadow
    lux = 1.03e5 * float(np.median(burning.radiance[near, 1] / daylight.radiance[near, 1]))
    assert 5 < lux < 30


def test_the_same_night_whatever_was_rendered_before(village):
    house, sun = a_lit_house(village), sun_at(22, -20)
    place = (house.x_m, house.y_m)
    used = Renderer(lens_rays, Look())
    seen(used, village, sun_at(12, 50), place)
    seen(used, village, sun, (house.x_m + 60.0, house.y_m))

    again = seen(used, village, sun, place)

    fresh = seen(Renderer(lens_rays, Look()), make_land(WorldSettings("village", 4)), sun, place)
    assert again.radiance.tobytes() == fresh.radiance.tobytes()
