"""What a user may set for movement detection."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MovementSettings:
    """Tunables of the movement detector. Pixels are those of the analysed picture, not of the full frame.

    Attributes:
        analysis_long_side_px: Larger frames are reduced to this before anything is looked for.
        analysis_rate_hz: Denser streams are thinned to this rate; boxes of the frames between are interpolated.
        baselines_s: Distances in time, both ways, at which a frame is compared with others. The longest one decides
            how slow a mover may be (a tenth of its length a second), and how many frames are held in memory.
        min_contrast: Least difference in grey levels (of 256) that counts.
        noise_factor: Standard deviations of the picture noise that a difference must exceed.
        texture_factor: Share of the background's local range of grey levels that misregistration may explain.
        clutter_factor: Multiple of the typical residual round about that a difference must exceed.
        weak_share: A blob grows down to this share of the threshold.
        min_area_px: Smallest blob.
        max_area_share: Largest blob, as a share of the picture.
        min_overlap: Least share of the picture that a reference must cover.
        min_inliers: Fewest corners that must agree on the camera's motion between two frames.
        min_inlier_share: Least share of the tracked corners that must agree.
        speed_sigma_share_hz: Standard deviation of an unknown speed, as a share of the picture's long side a second.
        confirm_s: Time over which a mover must be seen, but at least `min_hits` analysed frames.
        futile_tracks: Tracks a picture that come to nothing at which that time doubles.
        min_hits: Fewest detections of a mover.
        min_credit: Least credit of a mover, 0 to 1: the share of the analysed frames of its life in which it is seen,
            weighted by how much it looks like itself and by how little relief explains it.
        displacement_sigmas: Net displacement against the local background, in its own standard deviations.
        straightness: Least ratio of net displacement to length of path while a mover is being declared.
        max_explained_share: Largest share of a mover's sights that a still scene with relief could make.
        gap_s: Longest gap that is bridged.
        gap_intervals: A stream that pauses longer than this many of its own intervals, and than `gap_s`, is taken up
            as a new one: nothing is compared across the pause, no track spans it.
    """

    analysis_long_side_px: int = 1280
    analysis_rate_hz: float = 10.0
    baselines_s: tuple[float, ...] = (0.3, 1.0, 2.5)
    min_contrast: float = 8.0
    noise_factor: float = 4.0
    texture_factor: float = 0.3
    clutter_factor: float = 3.0
    weak_share: float = 0.6
    min_area_px: int = 6
    max_area_share: float = 0.12
    min_overlap: float = 0.3
    min_inliers: int = 24
    min_inlier_share: float = 0.25
    speed_sigma_share_hz: float = 0.05
    confirm_s: float = 0.8
    futile_tracks: float = 10.0
    min_hits: int = 3
    min_credit: float = 0.25
    displacement_sigmas: float = 4.0
    straightness: float = 0.6
    max_explained_share: float = 0.5
    gap_s: float = 0.6
    gap_intervals: float = 3.0
