"""The whole chain on the sample flights against their truth. ``[FOLDER]``: other simulated flights."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import geopandas
import numpy as np

from pipeline.geometry.projection import SiteFrame
from pipeline.records.evidence import Change, Track
from pipeline.records.frame import GroundFrame
from pipeline.runner.workspace import StageFolder
from pipeline.simulator.truth.reader import Truth

ROOT = Path(__file__).resolve().parents[2]
NEAR_M = 2.0


def run(folder, out):
    """A batch over simulated flights."""
    config = folder / "sample.toml"
    options = ["--config", str(config)] if config.exists() else ["--terrain", str(folder / "terrain.tif")]
    words = ["batch", str(folder / "flights"), "--out", str(out), "--json", *options]
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli.main", *words], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def score_changes(folder, work, site):
    """Staged changes found, with direction and kind; findings that match none."""
    changes = Truth(folder).changes_between("baseline", "night")
    truth = geopandas.GeoDataFrame(
        {name: [getattr(c, name) for c in changes] for name in ("direction", "kind", "area_m2", "geometry")}, crs=4326
    ).to_crs(site.epsg)
    movers = mover_places(folder, site)
    found = StageFolder(work / "detect", "").load("changes", Change)
    outlines = geopandas.GeoSeries.from_wkt(
        [
            "POLYGON((" + ",".join(f"{x} {y}" for x, y in site.to_utm([*c.outline_m, c.outline_m[0]])) + "))"
            for c in found
        ],
        crs=site.epsg,
    ).buffer(0)
    matched = set()
    for row in truth.itertuples():
        near = [i for i in range(len(found)) if outlines[i].distance(row.geometry) < NEAR_M]
        matched |= set(near)
        best = max(near, key=lambda i: outlines[i].intersection(row.geometry).area, default=None)
        said = "missed"
        if best is not None:
            change = found[best]
            said = f"{change.direction} {change.kind}, {change.area_m2:.0f} ± {change.area_sigma_m2:.0f} m²"
            said += f", score {change.score:.2f}"
        print(f"  {row.direction:<9} {row.kind:<17} {row.area_m2:6.0f} m²   {said}")
    on_movers = {i for i in range(len(found)) if i not in matched and movers.distance(outlines[i]).min() < 4.0}
    print(f"  findings that match nothing staged: {len(found) - len(matched | on_movers)}, on movers: {len(on_movers)}")


def mover_places(folder, site):
    rows = seen_movers(folder)
    return geopandas.GeoSeries.from_xy(rows.lon_deg, rows.lat_deg, crs=4326).to_crs(site.epsg)


def seen_movers(folder):
    """Movers in the frames that show them."""
    rows = Truth(folder).table("night", "movers").to_pandas()
    return rows[rows.visible_px > 0].reset_index(drop=True)


def score_tracks(folder, work, site):
    """Share of each true mover's sights that a track covers, and tracks that are none."""
    truth = seen_movers(folder)
    tracks = StageFolder(work / "tracks", "").load("tracks", Track)
    xy = site.from_lonlat(truth.lon_deg.to_numpy(), truth.lat_deg.to_numpy())
    hits = {track.track_id: 0 for track in tracks}
    for name, rows in truth.groupby("thing_id"):
        covered = 0
        for row in rows.itertuples():
            for track in tracks:
                at = [i for i, frame_id in enumerate(track.frame_ids) if frame_id == row.frame_id]
                if at and np.hypot(*(track.xy_m[at[0]] - xy[row.Index])) < 6.0:
                    covered += 1
                    hits[track.track_id] += 1
                    break
        print(f"  mover {name}: seen in {len(rows)} frames, {rows.speed_mps.max():.1f} m/s; tracked in {covered}")
    for track in tracks:
        kind = "true" if hits[track.track_id] >= len(track.frame_ids) / 2 else "FALSE"
        print(
            f"  {track.track_id}: {kind}, {track.speed_mps:.1f} ± {track.speed_sigma_mps:.1f} m/s, "
            f"{len(track.frame_ids)} frames"
        )


def score_places(folder, work, name):
    """Error of each camera's place on the ground, against its error ellipse."""
    site = StageFolder(work / "ingest", "").load("site", SiteFrame)[0]
    frames = {f.ref.frame_id: f for f in StageFolder(work / "register", "").load("frames", GroundFrame)}
    truth = Truth(folder).table(name, "poses").to_pandas()
    errors, inside = [], 0
    for row in truth.itertuples():
        frame = frames.get(row.frame_id)
        if frame is None:
            continue
        off = frame.pose.eye_m[:2] - site.from_lonlat(np.array([row.lon_deg]), np.array([row.lat_deg]))[0]
        errors.append(float(np.hypot(*off)))
        cov = frame.pose.covariance[:2, :2]
        inside += float(off @ np.linalg.solve(cov, off)) < 5.991
    print(
        f"  {name}: {len(errors)} frames, camera off by {np.median(errors):.2f} m median, "
        f"{inside} of them inside their 95 % ellipse"
    )


def main() -> None:
    """Print the table."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "sample_frames"
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary)
        result = run(folder, out)
        for sortie in result["sorties"]:
            print(f"{sortie['sortie_id']}: frames {sortie['frames']}, candidates {sortie['candidates']}")
        for name in ("baseline", "night"):
            score_places(folder, out / "work" / f"S{name}", name)
        work = out / "work" / "Snight"
        site = StageFolder(work / "ingest", "").load("site", SiteFrame)[0]
        score_changes(folder, work, site)
        score_tracks(folder, work, site)


if __name__ == "__main__":
    main()
