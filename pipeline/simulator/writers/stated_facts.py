"""``sortie.toml``: what the mission states about a flight because its files do not say it."""

import json
from pathlib import Path

from pipeline.simulator.scene.told import FlightFacts


def write_sortie_toml(folder: Path, facts: FlightFacts) -> None:
    """The flight's id, zone, vertical datum, marking and camera as the maker states it.

    Files of video, TIFF and MPEG-TS do not tell a focal length in pixels.
    """
    lens = facts.lens
    lines = [
        *([f"id = {json.dumps(facts.name)}"] if facts.name.startswith("S") else []),
        f"utc_offset_h = {float(facts.utc_offset_h)}",
        f'vertical_datum = "{facts.vertical_datum}"',
        f"security_marking = {json.dumps(facts.security)}",
        "",
        "[camera]",
        f"name = {json.dumps(f'{facts.make} {facts.model}')}",
        f"size_px = [{lens.size_px[0]}, {lens.size_px[1]}]",
        f"focal_px = {lens.focal_px:.6f}",
        f"principal_px = [{float(lens.K[0, 2]):.6f}, {float(lens.K[1, 2]):.6f}]",
    ]
    if lens.kind != "brown":
        lines.append(f"lens = {json.dumps(lens.kind)}")
    lines.append(f"distortion = [{', '.join(f'{float(v):.9f}' for v in lens.distortion)}]")
    (folder / "sortie.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
