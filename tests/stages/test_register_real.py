"""Registration of real stills, six of which have pixels turned against their yaw tags."""

import importlib.util

import numpy as np
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.real]


@pytest.fixture(scope="module")
def bench(project_root):
    spec = importlib.util.spec_from_file_location("bench_register", project_root / "tests/bench/bench_register.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def scene(bench, real_data):
    if not (real_data / "flights" / "brighton_beach").is_dir():
        pytest.skip(f"no flights/brighton_beach in {real_data}")
    return bench.load(real_data)


@pytest.fixture(scope="module")
def points(bench, scene):
    return bench.check_points(scene)


def test_every_frame_comes_within_a_decimetre_of_the_reference(bench, scene, points):
    placed, _ = bench.run(scene, scene.picture)

    after = bench.misses_m(placed, points)

    assert len(placed) == 18
    assert np.median(bench.misses_m(scene.frames, points)) > 2.0
    assert np.median(after) < 0.08
    assert after.max() < 0.12
    turned = [frame.ref.frame_id for frame in placed if frame.registration.turned_180]
    assert turned == [f"DJI_00{number}" for number in range(24, 30)]


@pytest.mark.parametrize("case", ["western half blank", "northern half blank"])
def test_frames_on_the_blank_half_inherit(bench, scene, points, case):
    placed, _ = bench.run(scene, bench.cases(scene)[case])

    after = bench.misses_m(placed, points)

    assert np.median(after) < 0.2
    assert after.max() < 0.4
    assert any(frame.registration.against == "neighbours" for frame in placed)


def test_turned_frames_are_found_without_any_reference(bench, scene, points):
    placed, _ = bench.run(scene, None)

    after = bench.misses_m(placed, points)

    assert sum("turned_180" in frame.notes for frame in placed) == 6
    assert after.max() < 2.0
    assert np.mean([miss <= frame.ellipse_m[0] for miss, frame in zip(after, placed, strict=True)]) > 0.8
