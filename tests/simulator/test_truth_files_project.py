"""What the reader gives back, and nothing else, leads from a thing's outline to its pixels."""

import numpy as np
import pytest
from shapely.geometry import Polygon

from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import project
from pipeline.simulator.simulate import simulate
from pipeline.simulator.truth.reader import Truth
from tests.simulator.small_night import SMALL, described


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    out = tmp_path_factory.mktemp("files")
    simulate(out, described(SMALL), only=["after"])
    return Truth(out)


def test_an_outline_in_degrees_projected_by_the_read_pose_lies_on_the_read_mask(truth):
    """The burn lies flat: its outline, at the heights that the depths tell, and its pixels have one middle."""
    burn = next(thing for thing in truth.objects("after") if thing.event_id == "E01")
    checked = 0
    for pose in truth.poses("after"):
        eye = np.array([pose.site_x_m, pose.site_y_m, pose.height_hae_m])
        place = truth.site.from_lonlat(np.array([pose.lon_deg]), np.array([pose.lat_deg]))[0]
        assert place == pytest.approx(eye[:2], abs=1e-3)
        rows = [row for row in truth.visibility("after", pose.frame_id) if row.thing_id == burn.thing_id]
        if not rows or rows[0].at_border:
            continue
        ground = eye[2] - rows[0].depth_m
        flat = truth.site.from_lonlat(*np.array(burn.geometry.exterior.coords[:-1]).T)
        at = project(
            np.column_stack([flat, np.full(len(flat), ground)]), eye, pose.K, Brown(*pose.distortion),
            pose.camera_to_site,
        )  # fmt: skip
        ys, xs = np.nonzero(truth.mask("after", pose.frame_id) == rows[0].number)
        middle = Polygon(at).centroid
        assert np.hypot(xs.mean() - middle.x, ys.mean() - middle.y) < 0.5
        assert len(xs) == pytest.approx(Polygon(at).area, rel=0.08)
        assert burn.area_m2 == pytest.approx(Polygon(flat).area, rel=0.01)
        checked += 1
    assert checked >= 1
