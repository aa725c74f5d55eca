"""What the realism bench measures, held against pictures whose answer is known."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.records.evidence import ImageTrack
from pipeline.simulator.scene.shot import Seen
from tests.bench.realism import flow, gradients, grain, matching, real, simulated_sequences, spectrum
from tests.bench.realism.figures import Figures
from tests.bench.realism.film_table import beside
from tests.bench.realism.samples import Pair
from tests.bench.realism.track_score import score

SIDE = 320


def fractal(slope: float, spread: float, side: int = SIDE) -> NDArray[np.uint8]:
    """A picture whose power falls as 1/f^slope."""
    random = np.random.default_rng(4)
    f = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None])
    f[0, 0] = 1.0
    field = np.fft.ifft2(np.fft.fft2(random.standard_normal((side, side))) * f ** (-slope / 2)).real
    grey = np.clip(128 + spread * field / field.std(), 0, 255)
    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize("slope", [1.6, 2.4])
def test_spectral_slope_is_that_of_the_picture(slope):
    assert spectrum.measure(fractal(slope, 30.0)).slope == pytest.approx(slope, abs=0.2)


def test_noise_of_a_calm_picture_is_found():
    """The high pass of 2 px keeps nearly all of white noise."""
    random = np.random.default_rng(3)
    ramp = np.linspace(60, 190, 480)[None, :, None] * np.ones((480, 1, 3))
    noisy = np.clip(ramp + random.normal(0, 4.0, ramp.shape), 0, 255).astype(np.uint8)

    found = grain.measure(noisy)

    assert found.sigma == pytest.approx(4.0, rel=0.15)
    assert found.between_channels == pytest.approx(0.0, abs=0.1)
    assert found.slope == pytest.approx(1.0, abs=0.1)


def test_noise_common_to_all_channels_is_told_from_coloured_noise():
    random = np.random.default_rng(3)
    grey = np.clip(128 + random.normal(0, 4.0, (480, 480, 1)), 0, 255).astype(np.uint8)

    assert grain.measure(np.repeat(grey, 3, axis=2)).between_channels == pytest.approx(1.0, abs=0.01)


def test_gradients_grow_with_contrast():
    calm, rough = (gradients.measure(fractal(2.0, spread)) for spread in (10.0, 30.0))

    assert rough.typical == pytest.approx(3 * calm.typical, rel=0.2)
    assert rough.strong > calm.strong


def test_flow_says_by_how_much_a_picture_was_moved():
    image = fractal(2.0, 40.0)
    moved = np.roll(image, 2, axis=1)

    median, _ = flow.measure(Pair("moved", "made", image, moved, np.ones((SIDE, SIDE), bool)))

    assert median == pytest.approx(2.0, abs=0.3)


def test_a_plane_leaves_no_parallax_and_a_step_does():
    image = fractal(1.6, 45.0)
    tilt = np.array([[1.01, 0.01, 3.0], [-0.008, 0.99, 4.0], [1e-5, 2e-5, 1.0]])
    plane = cv2.warpPerspective(image, tilt, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT)
    step = plane.copy()
    step[:, 100:160] = np.roll(plane, 6, axis=1)[:, 100:160]
    seen = np.ones((SIDE, SIDE), bool)

    flat, raised = (matching.measure(Pair("p", "made", image, other, seen)) for other in (plane, step))

    assert flat.inlier_ratio > 0.9
    assert flat.parallax_median_px < 0.4
    assert raised.parallax_p90_px > 3.0


def test_a_track_off_every_mover_is_false_and_one_on_it_is_not():
    frames = np.arange(30)
    way = np.column_stack([10.0 + frames, np.full(30, 50.0), np.full(30, 12.0), np.full(30, 6.0)])
    truth = np.column_stack([frames, np.zeros(30), way])

    def track(number: int, boxes: NDArray[np.float64]) -> ImageTrack:
        return ImageTrack(number, frames.astype(np.int64), boxes, np.ones(30, bool), 1.0, (), ())

    right = score([track(1, way)], truth, 30, 10.0)
    both = score([track(1, way), track(2, way + np.array([0, 90, 0, 0]))], truth, 30, 10.0)

    assert (right.f1, right.false_per_minute) == (1.0, 0.0)
    assert both.f1 == pytest.approx(2 / 3)
    assert both.false_per_minute == pytest.approx(60 / 2.4)


def test_a_real_film_is_cut_from_its_middle_with_the_truth_of_each_third_frame(tmp_path):
    folder = tmp_path / "movement" / "flight"
    (folder / "frames").mkdir(parents=True)
    for number in range(1, 31):
        cv2.imwrite(str(folder / "frames" / f"{number:06d}.jpg"), np.full((60, 80, 3), 4 * number, np.uint8))
    rows = [f"{number},7,{number}.0,20,6,4,1,1,-1,-1" for number in range(1, 31)]
    (folder / "truth.csv").write_text("\n".join(rows))

    film = real.sequence(tmp_path, real.Reel("flight", 10.0, (80, 60), every=3), 4)

    assert [round(float(image.mean()) / 4) for image in film.images] == [10, 13, 16, 19]
    assert film.truth[:, 0].tolist() == [0, 1, 2, 3]
    assert film.truth[:, 2].tolist() == [10, 13, 16, 19]


def test_only_the_steadiest_mover_is_labelled_where_the_real_truth_has_one():
    """The one in most frames; of several, the one nearest to the picture's middle."""
    brief = [(float(k), 1.0, 48.0, 48.0, 4.0, 4.0) for k in range(3)]
    aside = [(float(k), 2.0, 5.0, 5.0, 4.0, 4.0) for k in range(5)]
    middle = [(float(k), 3.0, 40.0, 52.0, 4.0, 4.0) for k in range(5)]

    kept = simulated_sequences.steadiest(np.array([*brief, *aside, *middle]), (100, 100))

    assert set(kept[:, 1]) == {3.0}
    assert len(kept) == 5


def test_strollers_walk_but_are_not_in_the_truth():
    what = next(film for film in simulated_sequences.FILMS if film.crowd.strollers)
    before, after = ({t.thing_id: (t.x_m, t.y_m) for t in simulated_sequences.movers(what, s)} for s in (0.0, 10.0))
    strollers = [name for name in before if name.startswith("stroller-")]
    number = np.arange(1, len(strollers) + 1, dtype=np.int32).repeat(20).reshape(-1, 20)
    blank = np.zeros((*number.shape, 3), np.float32)
    seen = Seen(blank, None, number, tuple(strollers), number * 1.0, blank, np.zeros(3), number > 0)

    assert len(strollers) == what.crowd.strollers
    assert all(before[name] != after[name] for name in strollers)
    assert simulated_sequences.boxes(seen) == []


def test_films_stand_side_by_side_with_a_star_where_they_differ():
    real_film, simulated = Figures(), Figures()
    for figures, values in ((real_film, (100.0, 10.0)), (simulated, (120.0, 30.0))):
        for method, value in zip(("one", "other"), values, strict=True):
            figures.add(method, "town", value)

    lines = beside((real_film, simulated), (real_film, simulated))

    assert lines[3].split()[1:4] == ["100", "120", "1.20"]
    assert lines[4].split()[1:4] == ["10", "30", "3.00*"]
    assert "1 of 1" in lines[5]
