"""Configuration that people write by hand: what ships, and small files with every key."""

from pathlib import Path

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


def geojson() -> list[bytes]:
    small = (
        b'{"type":"FeatureCollection","features":[{"type":"Feature","id":"line","properties":{"id":1},"geometry":'
        b'{"type":"LineString","coordinates":[[46.7,39.8],[46.8,39.9]]}},{"type":"Feature","id":"zone","properties":'
        b'null,"geometry":{"type":"MultiPolygon","coordinates":[[[[46,39],[47,39],[47,40],[46,39]]]]}}]}'
    )
    return [small, (CONFIGS / "agreements/template.geojson").read_bytes()]


def agreements() -> list[bytes]:
    """Those that ship."""
    return [path.read_bytes() for path in sorted((CONFIGS / "agreements").glob("*.toml"))]


def facts() -> list[bytes]:
    return [
        b'id = "S12"\noperating_cell = "north"\nmeans = "drone"\nutc_offset_h = 4\nvertical_datum = "egm96"\n'
        b"position_sigma_m = 1.5\nalt_sigma_m = 2\nyaw_sigma_deg = 1\ntilt_sigma_deg = 0.5\n[camera]\nfocal_px = 900\n"
        b'lens = "fisheye"\ndistortion = [0.1, 0, 0, 0]\nreadout_ms = 20\n[attitude]\npitch_deg = -80\nyaw_deg = 10\n'
        b'[[videos]]\nfile = "a.mp4"\nstart_utc = 2020-11-12T18:15:00Z\n'
    ]


def cameras() -> list[bytes]:
    whole = (CONFIGS / "cameras.toml").read_bytes()
    entries = whole.split(b"[[cameras]]")
    return [b"[[cameras]]".join(entries[:3]), b"[[cameras]]".join([entries[0], *entries[-3:]])]
