"""Movers in pixels to tracks on the ground.

Errors of a track are of two sorts. What is common to all its positions (bias of the positioning, boresight, terrain)
moves the track as a whole and says nothing about motion; what changes from frame to frame makes a still thing wander.
Positions carry both; speed and heading are fitted with the second sort alone, which is raised to what the scatter
about the fit shows when that is more. What one still point of some height explains is no mover.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.errors import GeometryError
from pipeline.geometry.footprint import ground_sample_distance
from pipeline.geometry.locate import locate_pixels
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.arrays import Bool, Float, Int
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import PERSON_WITH_SHADOW, ImageTrack, MoverKind, Reason, Track
from pipeline.records.frame import GroundFrame
from pipeline.stages.frame_jitter import jitter_of
from pipeline.stages.mover_box import box_sigma_px, foot_of, line_of_sight
from pipeline.stages.mover_kind import (
    KindSettings,
    Measures,
    TellKind,
    beyond_shadow_in,
    may_have_shadow,
    sure_acceleration,
)
from pipeline.stages.net_motion import NetMotion, fit_motion
from pipeline.stages.shared_error import Sighting, with_shared_error
from pipeline.stages.still_point import StillPoint, fit_still_point

STAGE = "movement"

FLAT = 0.02
"""Rays this near the horizontal don't place a point."""

NEARLY_STILL = 3.0
"""χ² over what is allowed under which stillness is not quite excluded."""


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """Tunables of placing movers on the ground.

    Attributes:
        jitter_share: Share of a pose's standard deviation from telemetry that changes from frame to frame: position
            drifts slowly, but a gimbal shakes.
        tallest_m: A still thing up to this height above the terrain is tried as an explanation of a track.
        min_displacement_sigmas: A track that moved less than this on the ground is dropped. In two dimensions a still
            thing seems to move by 2 σ one time in seven, by 3 σ one time in ninety.
        least_resolved_px: Boxes smaller than this give no length.
        kind: Sizes and speeds by which movers are told apart.
    """

    jitter_share: float = 0.3
    tallest_m: float = 30.0
    min_displacement_sigmas: float = 3.0
    least_resolved_px: float = 4.0
    kind: KindSettings = field(default_factory=KindSettings)


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Where ``N`` boxes are; covariance in all and from frame to frame; metres across a pixel there."""

    xy_m: Float
    covariance_m2: Float
    jitter_m2: Float
    pixel_m: Float


@dataclass(frozen=True, slots=True)
class PlaceTracks:
    """Tracks in the pixels of posed frames to tracks in site metres."""

    site: SiteFrame
    terrain: HeightGrid
    settings: TrackSettings

    def __call__(self, image_tracks: Iterable[ImageTrack], frames: Sequence[GroundFrame]) -> Iterator[Track | Dropped]:
        """Place each track; `ImageTrack.frames` counts `frames`."""
        for track in image_tracks:
            name = f"T{track.track_id:04d}"
            places = self._locate(track, frames)
            seen = np.isfinite(places.xy_m[:, 0])
            if seen.sum() < 2:
                reason = f"{name}: its boxes do not meet the ground; is it above the horizon or beyond the terrain?"
                yield Dropped(STAGE, name, reason, "off_ground")
                continue
            t_utc_ns = np.array([frames[int(k)].ref.t_utc_ns for k in track.frames], np.int64)
            used = seen & track.detected if (seen & track.detected).sum() >= 2 else seen
            motion = fit_motion(t_utc_ns[used], places.xy_m[used], places.jitter_m2[used])
            if motion is None or motion.distance_m < self.settings.min_displacement_sigmas * motion.distance_sigma_m:
                yield Dropped(STAGE, name, _too_little(name, motion), "displacement_within_error")
                continue
            still = self._still(track, frames, places, used)
            if still is not None and still.misfit <= 1.0:
                yield Dropped(STAGE, name, _stands(name, still), "explained_by_height")
                continue
            against = (*track.against, *_doubts(still))
            motion = self._with_shared_error(motion, track, frames, places, used)
            yield self._track(name, replace(track, against=against), frames, places, seen, t_utc_ns, motion)

    def _with_shared_error(
        self, motion: NetMotion, track: ImageTrack, frames: Sequence[GroundFrame], places: _Places, used: Bool
    ) -> NetMotion:
        first, last = [
            Sighting(frame, foot_of(track.boxes_px[k], frame), float(self.terrain.height_at(places.xy_m[k][None])[0]))
            for k in np.flatnonzero(used)[[0, -1]]
            for frame in [frames[int(track.frames[k])]]
        ]
        return with_shared_error(motion, first, last, self.terrain.sigma_m, self.settings.jitter_share)

    def _locate(self, track: ImageTrack, frames: Sequence[GroundFrame]) -> _Places:
        count = len(track.frames)
        xy, total = np.full((count, 2), np.nan), np.full((count, 2, 2), np.nan)
        jitter, pixel_m = np.full((count, 2, 2), np.nan), np.full(count, np.nan)
        for k in range(count):
            frame, box = frames[int(track.frames[k])], track.boxes_px[k]
            pixel = foot_of(box, frame)
            sigma_px = np.hypot(box_sigma_px(box), track.centre_sigma_px) + (0.0 if track.detected[k] else 2.0)
            jolt = jitter_of(frame, self.settings.jitter_share)
            try:
                whole = self._place(pixel, frame, frame.row_covariance, frame.camera.focal_sigma, sigma_px)
                own = self._place(pixel, frame, jolt.covariance, 0.0, sigma_px, still_ground=True)
            except GeometryError:
                continue
            xy[k], total[k], jitter[k] = whole[0][:2], whole[1], own[1] + jolt.ground_m**2 * np.eye(2)
            pixel_m[k] = float(np.linalg.norm(whole[0] - frame.pose.eye_m)) / frame.camera.focal_px
        return _Places(xy, total, jitter, pixel_m)

    def _place(
        self,
        pixel: Float,
        frame: GroundFrame,
        covariance: Float,
        focal_sigma: float,
        sigma_px: float,
        *,
        still_ground: bool = False,
    ) -> tuple[Float, Float]:
        terrain = self.terrain
        if still_ground:  # its error is common to a track: the same ground bears all of it
            terrain = HeightGrid(terrain.heights_m, terrain.x0_m, terrain.y0_m, terrain.cell_m, 0.0, terrain.source)
        located = locate_pixels(
            pixel[None],
            frame.camera.K,
            frame.camera.distortion,
            focal_sigma,
            frame.pose.eye_m,
            frame.pose.rotation,
            covariance,
            terrain,
            pixel_sigma_px=sigma_px,
            first_order=True,
            focal_covariance=None if still_ground else frame.pose.focal_covariance,
            leverage=None if still_ground else frame.pose.leverage,
        )
        return located.points_m[0], located.covariance_m2[0]

    def _still(
        self, track: ImageTrack, frames: Sequence[GroundFrame], places: _Places, used: Bool
    ) -> StillPoint | None:
        """The still point that explains a track best; of its box the middle, as what is tall has no foot to see."""
        own = [frames[int(k)] for k in track.frames[used]]
        lines = [
            line_of_sight(box, frame, track.centre_sigma_px)
            for box, frame in zip(track.boxes_px[used], own, strict=True)
        ]
        jolts = [jitter_of(frame, self.settings.jitter_share) for frame in own]
        rays = np.array([ray for ray, _ in lines])
        if not np.all(rays[:, 2] < -FLAT):
            return None
        shake = [np.trace(jolt.covariance[3:5, 3:5]) / 2 * np.eye(2) for jolt in jolts]
        jitter_m = [np.hypot(jolt.ground_m, np.sqrt(np.trace(jolt.covariance[:3, :3]) / 3)) for jolt in jolts]
        return fit_still_point(
            np.array([frame.pose.eye_m for frame in own]),
            rays,
            np.array([slopes for _, slopes in lines]) + np.array(shake),
            np.array(jitter_m),
            float(np.median(self.terrain.height_at(places.xy_m[used]))),
            np.array([frame.ref.t_utc_ns - own[0].ref.t_utc_ns for frame in own]) / 1e9,
            self.settings.tallest_m,
        )

    def _track(
        self,
        name: str,
        track: ImageTrack,
        frames: Sequence[GroundFrame],
        places: _Places,
        seen: Bool,
        t_utc_ns: Int,
        motion: NetMotion,
    ) -> Track:
        measures = self._measure(track, frames, places, seen, t_utc_ns, motion)
        kind = TellKind(self.settings.kind)(measures)
        shadowed = kind is MoverKind.UNKNOWN and may_have_shadow(measures, self.settings.kind)
        middle = int(np.flatnonzero(seen)[seen.sum() // 2])
        heading = np.degrees(motion.bearing_rad + self.site.convergence_rad) % 360.0
        reasons = (
            *track.reasons,
            Reason("moved_on_ground", (("distance_m", motion.distance_m), ("sigma_m", motion.distance_sigma_m))),
        )
        return Track(
            track_id=name,
            t_utc_ns=t_utc_ns[seen],
            xy_m=places.xy_m[seen],
            covariance_m2=places.covariance_m2[seen],
            detected=track.detected[seen],
            speed_mps=motion.speed_mps,
            speed_sigma_mps=motion.speed_sigma_mps,
            heading_deg=float(heading),
            heading_sigma_deg=float(np.degrees(motion.bearing_sigma_rad)),
            length_m=measures.length_m,
            kind=kind,
            score=track.score,
            frame_ids=tuple(frames[int(k)].ref.frame_id for k in track.frames[seen]),
            boxes_px=track.boxes_px[seen],
            gsd_m=self._gsd(frames[int(track.frames[middle])], track.boxes_px[middle]),
            reasons=reasons,
            against=(*track.against, Reason(PERSON_WITH_SHADOW)) if shadowed else track.against,
        )

    def _gsd(self, frame: GroundFrame, box: Float) -> float:
        camera, pose = frame.camera, frame.pose
        pixel = box[:2] + (box[2:] - 1) / 2
        return ground_sample_distance(pixel, camera.K, camera.distortion, pose.eye_m, pose.rotation, self.terrain)

    def _measure(
        self,
        track: ImageTrack,
        frames: Sequence[GroundFrame],
        places: _Places,
        seen: Bool,
        t_utc_ns: Int,
        motion: NetMotion,
    ) -> Measures:
        """Sides across the line of sight, good to a pixel or two; the shadow counts from the site's north."""
        sides_px, pixel_m, used = track.boxes_px[seen, 2:], places.pixel_m[seen], seen & track.detected
        resolved = float(np.median(sides_px.max(axis=1))) >= self.settings.least_resolved_px
        beyond = [
            beyond_shadow_in(frames[int(track.frames[k])], sides, xy, self.site, self.terrain)
            for k, sides, xy in zip(np.flatnonzero(seen), sides_px * pixel_m[:, None], places.xy_m[seen], strict=True)
        ]
        return Measures(
            length_m=float(np.median(sides_px.max(axis=1) * pixel_m)) if resolved else float("nan"),
            width_m=float(np.median(sides_px.min(axis=1) * pixel_m)),
            side_sigma_m=1.5 * float(np.median(pixel_m)),
            beyond_shadow_m=float(np.median(beyond)),
            speed_mps=motion.speed_mps,
            speed_sigma_mps=motion.speed_sigma_mps,
            jolt_mps2=sure_acceleration(t_utc_ns[used], places.xy_m[used], places.jitter_m2[used]),
        )


def _too_little(name: str, motion: NetMotion | None) -> str:
    if motion is None:
        return f"{name}: seen at one instant only; is the frame rate stated right?"
    return (
        f"{name}: moved {motion.distance_m:.1f} m on the ground, known to {motion.distance_sigma_m:.1f} m only; "
        "better poses would settle whether it moves"
    )


def _stands(name: str, still: StillPoint) -> str:
    return f"{name}: a still thing {still.height_m:.0f} m tall shows like this from where the camera was"


def _doubts(still: StillPoint | None) -> tuple[Reason, ...]:
    """Nearly a still thing, or one if things were that tall."""
    if still is None:
        return (Reason("stillness_not_tested"),)
    if still.misfit < NEARLY_STILL:
        return (Reason("nearly_explained_by_height", (("height_m", still.height_m), ("misfit", still.misfit))),)
    if still.free_misfit <= 1.0 and still.free_height_m > 0:
        return (Reason("still_if_this_tall", (("height_m", still.free_height_m),)),)
    return ()
