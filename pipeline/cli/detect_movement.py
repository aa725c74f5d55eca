"""``trucewatch detect movement``: movers in bare frames, as MOTChallenge rows."""

from pathlib import Path

import click

from pipeline.cli.choices import Number


@click.command()
@click.argument("frames", type=click.Path(path_type=Path))
@click.option("--fps", type=Number(min=0.001, max=1000), help="Frames a second; a video knows its own times.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="CSV to write.")
@click.option(
    "--preview",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for a video with the movers drawn in, and a film strip of each.",
)
def movement(frames: Path, fps: float | None, out: Path, preview: Path | None) -> int:
    """Find what moves in FRAMES: a folder of pictures in order of name, or a video.

    Writes a row per frame and mover, ``frame,id,left,top,width,height,score,-1,-1,-1``, frames from 1. Frames that
    cannot be read are named on stderr and keep their number. Ends with 1 when there were any.
    """
    from detectors.movement import MotionDetector
    from pipeline.errors import InputError
    from pipeline.records.dropped import Dropped
    from pipeline.sources.bare_frames import read_bare_frames

    session = MotionDetector().session()
    numbers: list[int] = []
    dropped = 0
    for item in read_bare_frames(frames, fps):
        if isinstance(item, Dropped):
            click.echo(f"warning: skipped {item.item}: {item.reason}", err=True)
            dropped += 1
            continue
        session.push(item.t_ns, item.image)
        numbers.append(item.number)
    if not numbers:
        raise InputError(f"{frames}: not one frame could be read; see the warnings above")
    tracks = session.finish()
    seen = session.assessable()
    rows = sorted(
        (numbers[frame], track.track_id, *(float(v) for v in box), track.score)
        for track in tracks
        for frame, box in zip(track.frames, track.boxes_px, strict=True)
    )
    lines = [f"{n},{i},{x:.2f},{y:.2f},{w:.2f},{h:.2f},{score:.3f},-1,-1,-1\n" for n, i, x, y, w, h, score in rows]
    aside = out.with_name(out.name + ".part")
    out.parent.mkdir(parents=True, exist_ok=True)
    aside.write_text("".join(lines), encoding="ascii")
    aside.replace(out)
    click.echo(f"{len(tracks)} movers in {len(numbers)} frames, of which {int(seen.sum())} could be assessed: {out}")
    if not seen.any():
        click.echo("warning: no frame could be assessed: too little texture, overlap or rate", err=True)
    if preview is not None:
        from pipeline.cli.movement_preview import write_preview

        shown, strips = write_preview(preview, read_bare_frames(frames, fps), tracks, numbers, session.sights())
        click.echo(f"overlay.webm of {shown} frames, film strips of {strips} movers: {preview}")
    return 1 if dropped else 0
