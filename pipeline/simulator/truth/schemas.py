"""Columns of the truth's tables. One schema a table; what is missing is null."""

import pyarrow as pa

_F = pa.float64()
_SITE_BOX = [(name, _F) for name in ("left_px", "top_px", "width_px", "height_px")]


def _floats(*names: str) -> list[tuple[str, pa.DataType]]:
    return [(name, _F) for name in names]


POSES = pa.schema(
    [
        ("frame_id", pa.string()),
        ("index", pa.int64()),
        ("t_utc_ns", pa.int64()),
        ("camera_t_utc_ns", pa.int64()),
        ("t_s", _F),
        *_floats("lon_deg", "lat_deg", "height_hae_m", "above_ground_m", "yaw_deg", "pitch_deg", "roll_deg"),
        *_floats("platform_yaw_deg", "platform_pitch_deg", "platform_roll_deg", "site_x_m", "site_y_m"),
        *_floats("velocity_east_mps", "velocity_north_mps", "velocity_up_mps"),
        ("rotation", pa.list_(_F)),
        ("lens", pa.string()),
        ("width_px", pa.int64()),
        ("height_px", pa.int64()),
        *_floats("fx", "fy", "cx", "cy", "skew"),
        ("distortion", pa.list_(_F)),
        *_floats("zoom", "exposure_s"),
        ("iso", pa.int64()),
        *_floats("readout_s", "sun_azimuth_deg", "sun_elevation_deg"),
        ("thermal", pa.bool_()),
        ("turned_180", pa.bool_()),
        ("depth_scale_m", _F),
        ("geometry", pa.binary()),
    ]
)
"""One row a frame. Its pose is that of the picture's middle row; geometry is the camera's place."""

VISIBILITY = pa.schema(
    [
        ("frame_id", pa.string()),
        ("index", pa.int64()),
        ("number", pa.int64()),
        ("thing_id", pa.string()),
        ("pixels", pa.int64()),
        *_SITE_BOX,
        ("at_border", pa.bool_()),
        *_floats("shaded_share", "depth_m"),
    ]
)
"""One row a frame and thing that shows in it; `number` is its value in the frame's mask."""

MOVERS = pa.schema(
    [
        ("frame_id", pa.string()),
        ("index", pa.int64()),
        ("t_utc_ns", pa.int64()),
        ("thing_id", pa.string()),
        ("event_id", pa.string()),
        ("kind", pa.string()),
        *_floats("lon_deg", "lat_deg", "height_hae_m", "east_mps", "north_mps", "speed_mps", "heading_deg", "length_m"),
        ("visible_px", pa.int64()),
        *_SITE_BOX,
    ]
)
"""One row a frame and mover of the world, seen or not; the box is null where it is not."""

OBJECTS = pa.schema(
    [
        ("thing_id", pa.string()),
        ("kind", pa.string()),
        ("event_id", pa.string()),
        ("role", pa.string()),
        ("frames", pa.int64()),
        ("pixels_max", pa.int64()),
        *_floats("area_m2", "height_m", "azimuth_deg"),
        ("since_utc_ns", pa.int64()),
        ("geometry", pa.binary()),
    ]
)
"""One row a thing that a sortie saw: `role` is ``land``, ``placed``, ``dug`` or ``mover``."""

_EVENT = [
    ("event_id", pa.string()),
    ("kind", pa.string()),
    ("change_kind", pa.string()),
    ("bearing", pa.string()),
    ("there", pa.bool_()),
    ("stage", pa.int64()),
    *_floats("area_m2", "length_m", "rise_m", "depth_m"),
    ("count", pa.int64()),
    ("damage", pa.string()),
    ("since_utc_ns", pa.int64()),
    ("at_utc_ns", pa.int64()),
    ("thing_ids", pa.list_(pa.string())),
    ("notification_id", pa.string()),
]

EVENTS = pa.schema([*_EVENT, ("geometry", pa.binary())])
"""One row an event of the world, as it is in the middle of a sortie."""

DELTA = pa.struct(
    [("night_id", pa.string()), ("direction", pa.string()), ("area_m2", _F), ("grown_m2", _F), ("stages", pa.int64())]
)
NIGHT_EVENTS = pa.schema([("night_id", pa.string()), *_EVENT, ("deltas", pa.list_(DELTA)), ("geometry", pa.binary())])
"""One row a night and event; `deltas` say what differs from each earlier night, those without difference left out."""
