import numpy as np

from pipeline.stages import feature_shelf
from pipeline.stages.feature_shelf import FeatureShelf
from pipeline.stages.features import Features


def drawn(seed, count):
    made = np.random.default_rng(seed)
    return Features(
        made.normal(size=(count, 2)), made.normal(size=count), made.integers(0, 256, (count, 128), np.uint8)
    )


def test_what_was_put_comes_back_whatever_is_at_hand(monkeypatch):
    monkeypatch.setattr(feature_shelf, "_AT_HAND", 3)
    kept = {f"f{number}": drawn(number, 5 * number) for number in range(12)}
    with FeatureShelf() as shelf:
        for frame_id, features in kept.items():
            shelf.put(frame_id, features)
        for frame_id in (*kept, *reversed(kept), "f3", "f3", "f11"):
            found = shelf.take(frame_id)
            assert np.array_equal(found.pixels, kept[frame_id].pixels)
            assert np.array_equal(found.size_px, kept[frame_id].size_px)
            assert np.array_equal(found.descriptors, kept[frame_id].descriptors)


def test_a_frame_without_texture_has_no_features():
    with FeatureShelf() as shelf:
        shelf.put("flat", drawn(1, 0))
        shelf.put("next", drawn(2, 4))

        assert len(shelf.take("flat")) == 0
        assert len(shelf.take("next")) == 4
