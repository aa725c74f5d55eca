"""What a mission states of its camera is read as it was stated."""

import numpy as np
import pytest
from written_flight import facts

from pipeline.geometry.camera import camera_matrix
from pipeline.geometry.distortion import distortion_of
from pipeline.records.stated_facts import StatedFacts
from pipeline.records.strict_toml import read_toml
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.writers.stated_facts import write_sortie_toml

SIZE = (64, 48)


@pytest.mark.parametrize(
    ("kind", "coefficients"),
    [("brown", (-0.02, 0.003, 0.0004, -0.0003, 0.001)), ("fisheye", (0.02, -0.008, 0.003, -6e-4))],
)
def test_a_lens_of_either_kind_is_stated(tmp_path, kind, coefficients):
    lens = Lens(kind, SIZE, camera_matrix(30.0, SIZE, (32.1, 23.2)), np.array(coefficients))

    write_sortie_toml(tmp_path, facts(lens=lens))

    camera = read_toml(tmp_path / "sortie.toml").to(StatedFacts).camera
    assert (camera.lens, camera.focal_px, camera.principal_px) == (kind, 30.0, (32.1, 23.2))
    assert distortion_of(camera.lens, camera.distortion).coefficients == pytest.approx(coefficients, abs=1e-9)
