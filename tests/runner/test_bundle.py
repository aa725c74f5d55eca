"""Evidence bundles of two tiny simulated flights: written, checked, tampered with, made again."""

import csv
import datetime as dt
import hashlib
import json
import shutil
import subprocess
import zipfile
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.cli.main import call
from pipeline.config import AgreementChoice, Settings, TerrainChoice
from pipeline.errors import ConfigError, InputError
from pipeline.runner.bundle import Asking, make_bundle
from pipeline.runner.job import Job
from pipeline.runner.night import close_night
from pipeline.runner.reproduce import Outcome, reproduce
from pipeline.runner.run import run_sortie
from pipeline.sinks import custody
from pipeline.sinks.bundle_check import check_hashes, opened
from pipeline.sinks.bundle_store import manifest_json, sums

NOTIFICATIONS = """
[[notifications]]
notification_id = "N-MATCHES"
feature = "area"
start = 2021-01-01T00:00:00Z
end = 2022-01-01T00:00:00Z
notified_by = "a"
event_classes = ["SURFACE_DAMAGE", "NEW_FORTIFICATION", "VEHICLES_IN_ZONE"]

[[notifications]]   # a comment that names N-SECRET
notification_id = "N-SECRET"
feature = "secret-place"
start = 2031-01-01T00:00:00Z
end = 2031-01-02T00:00:00Z
notified_by = "b"
"""


@pytest.fixture(scope="module")
def world(simulated, tmp_path_factory):
    """Originals, agreement and results of two nights."""
    folder = tmp_path_factory.mktemp("world")
    for name in ("flights", "terrain.tif"):
        source = simulated / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, folder / name)
    features = json.loads((simulated / "line.geojson").read_text())
    area = next(feature for feature in features["features"] if feature["id"] == "area")
    features["features"].append({**area, "id": "secret-place"})
    (folder / "line.geojson").write_text(json.dumps(features))
    (folder / "agreement.toml").write_text((simulated / "agreement.toml").read_text() + NOTIFICATIONS)
    settings = Settings(
        agreement=AgreementChoice(folder / "agreement.toml"), terrain=TerrainChoice(folder / "terrain.tif")
    )
    for name in ("baseline", "night"):
        outcome = run_sortie(Job(folder / "flights" / name, folder / "out", settings))
        close_night(folder / "out", outcome.night_id)
    return folder


def rows_of(out):
    return pq.ParquetDataset(out / "candidates" / "v1").read().to_pylist()


@pytest.fixture(scope="module")
def row(world):
    """A change that was notified."""
    return next(row for row in rows_of(world / "out") if row["change_direction"] and row["notification_id"])


@pytest.fixture(scope="module")
def asking(world, row):
    return Asking(row["candidate_id"], world / "out", None, "clerk", "both cells")


@pytest.fixture(scope="module")
def kept(asking, tmp_path_factory):
    """One bundle as a folder; who spoils it copies it first."""
    target = tmp_path_factory.mktemp("kept") / "evidence"
    return make_bundle(replace(asking, target=target))


@pytest.fixture
def bundle(kept, tmp_path):
    return shutil.copytree(kept.target, tmp_path / "bundle")


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def reseal(folder):
    """What somebody does who hides a change: every hash anew."""
    manifest = check_hashes(folder).manifest
    now = {path: (hashlib.sha256(data).hexdigest(), len(data)) for path, data in contents(folder).items()}
    files = [replace(f, sha256=now[f.path][0], size_bytes=now[f.path][1]) for f in manifest.files]
    told = manifest_json(replace(manifest, files=tuple(files)))
    (folder / "manifest.json").write_bytes(told)
    listed = [*((f.path, f.sha256) for f in files), ("manifest.json", hashlib.sha256(told).hexdigest())]
    (folder / "SHA256SUMS").write_bytes(sums(listed))


def test_the_row_comes_out_again_column_by_column_and_picture_by_picture(kept):
    again = reproduce(kept.target, kept.manifest)

    assert again.outcome is Outcome.IDENTICAL
    assert again.differences == ()
    assert again.pictures[0] == again.pictures[1] >= 2
    assert kept.manifest.basis == "folder" and kept.manifest.archive_whole


def test_originals_are_unchanged_and_all_there(kept, world):
    flight = world / "flights" / "night"
    originals = contents(kept.target / "originals")

    assert originals == contents(flight)


def test_zip_and_folder_hold_the_same_and_twice_the_same_bytes(asking, kept, tmp_path):
    made = [make_bundle(replace(asking, target=tmp_path / name)) for name in ("one.zip", "two.zip")]

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert {bundle.seal for bundle in made} == {kept.seal}
    with opened(tmp_path / "one.zip") as (root, spoiled):
        assert spoiled == () and contents(root) == contents(kept.target)
        assert check_hashes(root).failed == ()


def test_verify_on_the_command_line(kept, asking, world, tmp_path, capsys):
    zipped = make_bundle(replace(asking, target=tmp_path / "e.zip")).target

    assert call(["verify", str(zipped), "--log", str(world / "out")]) == 0
    told = capsys.readouterr().out
    assert "ROW REPRODUCED, every column as published." in told and "It tells of this bundle." in told
    assert call(["verify", str(kept.target), "--hashes-only", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["row"] is None


def test_any_one_file_that_is_changed_removed_or_added_is_named(bundle):
    for path, data in contents(bundle).items():
        file = bundle / path
        middle = len(data) // 2
        file.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
        changed = check_hashes(bundle).failed
        file.unlink()
        removed = check_hashes(bundle).failed
        file.write_bytes(data)
        # a changed manifest is told by what it then says of others, or by SHA256SUMS, which lists its hash
        assert path in dict(changed) or (path == "manifest.json" and changed), path
        assert path in dict(removed), path
    assert check_hashes(bundle).failed == ()
    (bundle / "originals" / "added.JPG").write_bytes(b"new")
    assert [path for path, _ in check_hashes(bundle).failed] == ["originals/added.JPG"]


def test_a_changed_byte_of_any_file_in_a_zip_is_named(asking, tmp_path):
    target = make_bundle(replace(asking, target=tmp_path / "e.zip")).target
    whole = bytearray(target.read_bytes())
    with zipfile.ZipFile(target) as archive:
        members = archive.infolist()
    for member in members:
        at = member.header_offset + 30 + len(member.filename.encode()) + member.file_size // 2
        target.write_bytes(bytes(whole[:at]) + bytes([whole[at] ^ 1]) + bytes(whole[at + 1 :]))
        with opened(target) as (root, spoiled):
            failed = dict(check_hashes(root, spoiled).failed)
        assert "damaged within the zip" in failed[member.filename.partition("/")[2]]


def test_the_shell_script_finds_the_same(bundle):
    def script():
        return subprocess.run(["sh", bundle / "verify.sh"], capture_output=True, text=True, check=False)

    assert script().returncode == 0
    seal = hashlib.sha256((bundle / "manifest.json").read_bytes()).hexdigest()
    assert seal in script().stdout
    picture = next((bundle / "originals").iterdir())
    whole = picture.read_bytes()
    picture.write_bytes(whole[:-1])
    assert script().returncode == 1 and picture.name in script().stdout
    picture.unlink()
    assert script().returncode == 1 and picture.name in script().stdout
    picture.write_bytes(whole)
    (bundle / "added with space.txt").write_text("new")
    assert script().returncode == 1 and "added with space.txt: not part" in script().stdout
    (bundle / "added with space.txt").unlink()
    lines = (bundle / "SHA256SUMS").read_text().splitlines(keepends=True)
    (bundle / "SHA256SUMS").write_text("".join(lines[1:]))
    assert script().returncode == 1
    (bundle / "SHA256SUMS").write_text("")
    assert script().returncode == 1


def test_a_row_forged_with_all_its_hashes_does_not_come_out_again(bundle, world):
    path = bundle / "row.parquet"
    table = pq.ParquetFile(path).read()
    side = pa.array(["a" if table["side"].to_pylist() != ["a"] else "b"]).dictionary_encode()
    at = table.schema.get_field_index("side")
    pq.write_table(table.set_column(at, table.schema.field("side").name, side), path)
    reseal(bundle)

    checked = check_hashes(bundle)
    again = reproduce(bundle, checked.manifest)

    assert checked.failed == ()
    assert again.outcome is Outcome.DIFFERS
    assert [item.column for item in again.differences if item.likeness == "differs"] == ["side"]
    assert call(["verify", str(bundle), "--hashes-only", "--log", str(world / "out")]) == 1  # the log knows it not


def test_a_configuration_exchanged_with_all_its_hashes_is_not_the_rows(bundle):
    config = bundle / "configuration" / "config.toml"
    config.write_text(config.read_text().replace("probable_score = 0.66", "probable_score = 0.1"))
    reseal(bundle)

    again = reproduce(bundle, check_hashes(bundle).manifest)

    assert (again.outcome, again.unbound) == (Outcome.UNBOUND, ("config_sha256",))


def test_of_what_was_notified_only_the_match_is_told(kept):
    assert kept.manifest.notifications_left_out == 1
    for path, data in contents(kept.target).items():
        assert b"N-SECRET" not in data and b"secret-place" not in data, path
    assert b"N-MATCHES" in (kept.target / "configuration" / "agreement.toml").read_bytes()


@pytest.fixture(scope="module")
def launched(world, tmp_path_factory):
    """The night's flight again, with telemetry from a launch place 2 km east of it, and back to there."""
    folder = tmp_path_factory.mktemp("launched")
    flight = shutil.copytree(world / "flights" / "night", folder / "launched")
    frames = pq.ParquetDataset(world / "out" / "frames" / "v1").read().to_pylist()
    seen = sorted((f["t_seen"], f["camera_lon_deg"], f["camera_lat_deg"]) for f in frames if f["sortie_id"] == "Snight")
    (first, lon, lat), last = seen[0], seen[-1][0]
    launch = lon + 2000 / 85_400
    lines = ["time_utc,longitude_deg,latitude_deg,alt_hae_m,relative_alt_m"]
    for second in range(-240, round((last - first).total_seconds()) + 241):
        t = first + dt.timedelta(seconds=second)
        outside = max(-second, (t - last).total_seconds(), 0)
        share = min(outside / 200, 1.0)
        up = 60 * min((240 - outside) / 30, 1.0)
        lines.append(f"{t:%Y-%m-%dT%H:%M:%S}Z,{lon + share * (launch - lon):.7f},{lat:.7f},{400 + up:.2f},{up:.2f}")
    (flight / "log.csv").write_text("\n".join(lines) + "\n")
    out = shutil.copytree(world / "out", folder / "out")
    settings = Settings(
        agreement=AgreementChoice(world / "agreement.toml"), terrain=TerrainChoice(world / "terrain.tif")
    )
    run_sortie(Job(flight, out, settings))
    row = next(r for r in rows_of(out) if r["sortie_id"] == "Slaunched" and r["change_direction"])
    return launch, make_bundle(Asking(row["candidate_id"], out, folder / "evidence", "clerk", "both cells"))


def test_the_way_from_and_to_the_launch_place_is_left_out(launched):
    launch, made = launched
    station = made.manifest.on_station
    telemetry = [path.read_text() for path in (made.target / "telemetry").iterdir()]
    lons = [float(row["lon_deg"]) for text in telemetry for row in csv.DictReader(text.splitlines())]

    assert max(lons) < launch - 300 / 85_400
    assert station.samples_left_out > 200 and station.frames_left_out == 0
    assert [(file.path, len(file.sha256)) for file in made.manifest.withheld] == [("log.csv", 64)]
    for path, data in contents(made.target).items():
        assert f"{launch:.4f}".encode() not in data, path


def test_without_the_way_the_row_comes_out_again_by_the_poses_of_the_run(launched):
    _, made = launched
    again = reproduce(made.target, made.manifest)

    assert made.manifest.basis == "poses"
    assert again.outcome is Outcome.IDENTICAL
    assert again.pictures[0] == again.pictures[1] >= 2


def test_asking_and_what_was_given_are_in_the_custody_log(asking, world, tmp_path, row):
    made = make_bundle(replace(asking, target=tmp_path / "e", purpose="the joint session"))

    asked, given = custody.read(world / "out")[-2:]
    assert (asked.who, asked.what) == ("clerk", "asked for a bundle")
    assert asked.item == f"{row['candidate_id']} for the joint session"
    assert given.what == "bundled" and given.item.endswith(f"manifest {made.seal}")


def test_a_broken_log_is_told_and_gives_no_bundle(asking, world, tmp_path, capsys):
    out = shutil.copytree(world / "out", tmp_path / "out")
    lines = (out / custody.LOG).read_text().splitlines(keepends=True)
    (out / custody.LOG).write_text("".join([lines[0], *lines[2:]]))

    assert call(["verify", "--log", str(out)]) == 1
    assert "CUSTODY LOG BROKEN after 1 lines: line 2" in capsys.readouterr().out
    with pytest.raises(InputError, match="lines are missing"):
        make_bundle(replace(asking, out=out, target=tmp_path / "e"))
    assert not (tmp_path / "e").exists()


def test_missing_and_changed_originals_are_all_named_and_nothing_is_written(asking, world, tmp_path):
    moved = shutil.copytree(world / "flights" / "night", tmp_path / "moved")
    first, second = sorted(moved.iterdir())[:2]
    first.unlink()
    second.write_bytes(second.read_bytes() + b"\0")

    with pytest.raises(InputError, match=f"{first.name} is missing; {second.name} was changed") as told:
        make_bundle(replace(asking, folder=moved, target=tmp_path / "e.zip"))
    assert "2 of 6 originals" in str(told.value)
    assert [path.name for path in tmp_path.iterdir()] == ["moved"]


def test_originals_that_were_moved_are_taken_from_where_they_lie(asking, kept, world, tmp_path):
    moved = shutil.copytree(world / "flights" / "night", tmp_path / "elsewhere")

    assert make_bundle(replace(asking, folder=moved, target=tmp_path / "e")).seal == kept.seal


def test_other_settings_than_the_runs_are_refused(asking, world, tmp_path):
    other = Settings(agreement=AgreementChoice(world / "agreement.toml"))

    with pytest.raises(ConfigError, match="configuration are not those that decided"):
        make_bundle(replace(asking, settings=other, target=tmp_path / "e"))


def test_nothing_is_ever_written_over(asking, world, tmp_path):
    (tmp_path / "there").mkdir()
    for target in (tmp_path / "there", world / "flights" / "night" / "e.zip"):
        with pytest.raises(ConfigError, match=r"never replaced|among the originals"):
            make_bundle(replace(asking, target=target))


def test_unknown_ids_are_answered_with_the_nearest(asking, row, capsys, world):
    name = row["candidate_id"]
    wrong = name[:8] + ("0" if name[8] != "0" else "1") + name[9:]

    assert call(["bundle", wrong, "--out", str(world / "out"), "--for", "x"]) == 2
    assert f"the nearest are {name}" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="too short"):
        make_bundle(replace(asking, candidate_id=name[:3]))
    with pytest.raises(ConfigError, match="nothing is published here"):
        make_bundle(replace(asking, out=world / "flights"))


def test_of_a_row_that_a_later_run_replaced_the_new_one_is_named(asking, world, row, tmp_path):
    out = shutil.copytree(world / "out", tmp_path / "out")
    (tmp_path / "agreement.toml").write_text((world / "agreement.toml").read_text() + "\n# revised\n")
    shutil.copyfile(world / "line.geojson", tmp_path / "line.geojson")
    settings = Settings(
        agreement=AgreementChoice(tmp_path / "agreement.toml"), terrain=TerrainChoice(world / "terrain.tif")
    )
    run_sortie(Job(world / "flights" / "night", out, settings))
    now = next(new for new in rows_of(out) if new["supersedes"] == row["candidate_id"])

    with pytest.raises(ConfigError, match=f"replaced it by {now['candidate_id']}"):
        make_bundle(replace(asking, out=out, target=tmp_path / "e"))
    made = make_bundle(replace(asking, candidate_id=now["candidate_id"], out=out, target=tmp_path / "e"))
    again = reproduce(made.target, made.manifest)
    assert again.outcome is Outcome.IDENTICAL
    assert [item.column for item in again.differences] == ["supersedes"]


def test_members_of_a_zip_that_lead_out_are_never_written(tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("b/manifest.json", "{}")
        archive.writestr("b/../../evil.txt", "out")

    assert call(["verify", str(tmp_path / "evil.zip")]) == 1
    assert not list(tmp_path.parent.rglob("evil.txt"))


def test_what_is_no_bundle_is_wrong_use(tmp_path, capsys):
    (tmp_path / "f.zip").write_bytes(b"no zip")

    assert call(["verify", str(tmp_path / "nothing")]) == 2
    assert call(["verify", str(tmp_path)]) == 2
    assert call(["verify"]) == 2
    assert call(["verify", "--log", str(tmp_path)]) == 2
    assert call(["verify", str(tmp_path / "f.zip")]) == 1
    assert "cut short" in capsys.readouterr().err


@pytest.mark.slow
def test_candidates_of_the_sample_flight_come_out_again(project_root, tmp_path):
    sample = project_root / "sample_frames"
    out = tmp_path / "out"
    options = ["--config", str(sample / "sample.toml"), "--out", str(out)]
    assert call(["batch", str(sample / "flights"), *options]) == 0
    by_class = {row["event_class"]: row for row in rows_of(out)}
    assert len(by_class) == 4
    for row in by_class.values():
        target = tmp_path / f"{row['candidate_id']}.zip"
        made = make_bundle(Asking(row["candidate_id"], out, target, "clerk", "a test"))
        with opened(target) as (root, _):
            again = reproduce(root, made.manifest)
        assert (again.outcome, again.differences) == (Outcome.IDENTICAL, ())
