"""The index by which a JPEG names the preview behind its picture."""

import struct
from io import BytesIO

import cv2
import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.simulator.writers.preview import with_preview
from pipeline.sources.frames import FrameReader
from pipeline.sources.jpeg_segments import read_jpeg_segments
from pipeline.sources.multi_picture import find_preview
from pipeline.sources.previews import PreviewReader
from pipeline.sources.stills import read_still_head

SIZE = (1600, 1200)


def picture(size=SIZE, seed=1):
    coarse = np.random.default_rng(seed).integers(0, 255, (12, 16, 3)).astype(np.uint8)
    return cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)


def jpeg(image):
    return cv2.imencode(".jpg", image)[1].tobytes()


def with_index(longer_px=960, image=None):
    image = picture() if image is None else image
    return with_preview(jpeg(image), np.ascontiguousarray(image[:, :, ::-1]), longer_px)


def preview_of(data):
    file = BytesIO(data)
    segments, _ = read_jpeg_segments(file, "a.jpg")
    return find_preview(file, segments, len(data), "a.jpg")


def read(tmp_path, data):
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    size = read_still_head(path, "a").size_px
    ref = FrameRef("a", path, FrameKind.STILL, 0, size, 0, 0.0, "", Band.VISIBLE, "cam")
    with FrameReader() as frames:
        return PreviewReader(frames).preview(ref)


def index_at(data):
    return data.index(b"MPF\0") + 4


def test_the_preview_lies_where_the_index_says(tmp_path):
    data = with_index()
    found = preview_of(data)

    assert data[found.at :][: found.length] == data[found.at :]
    shown = read(tmp_path, data)
    truth = cv2.cvtColor(cv2.resize(picture(), (960, 720), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    assert shown.embedded and shown.fault == ""
    assert np.abs(shown.grey.astype(int) - truth).mean() < 3


def test_files_without_an_index_are_decoded_reduced(tmp_path):
    shown = read(tmp_path, jpeg(picture()))

    assert not shown.embedded and shown.fault == "" and shown.grey.shape == (720, 960)


def test_both_byte_orders_are_read():
    data = bytearray(with_index())
    base = index_at(data)
    count = struct.unpack_from("<H", data, base + 8)[0]
    tags = [struct.unpack_from("<HHII", data, base + 10 + 12 * n) for n in range(count)]
    rows_at = next(value for tag, _, _, value in tags if tag == 0xB002)
    rows = [struct.unpack_from("<IIIHH", data, base + rows_at + 16 * n) for n in range(2)]
    want = preview_of(bytes(data))
    struct.pack_into(">2sHI", data, base, b"MM", 42, 8)
    struct.pack_into(">H", data, base + 8, count)
    for n, (tag, kind, number, value) in enumerate(tags):
        struct.pack_into(">HHII", data, base + 10 + 12 * n, tag, kind, number, value)
    for n, row in enumerate(rows):
        struct.pack_into(">IIIHH", data, base + rows_at + 16 * n, *row)

    assert preview_of(bytes(data)) == want


def test_an_index_of_a_picture_that_was_encoded_anew_is_out_of_date(tmp_path):
    """Programs that turn or shrink a picture carry the index along and leave the preview behind."""
    data = with_index()
    stale = data[: preview_of(data).at - 3000] + b"\xff\xd9"

    with pytest.raises(InputError, match="encoded anew"):
        preview_of(stale)


def test_a_preview_of_another_shape_or_size_is_not_used(tmp_path):
    other = with_index(image=picture((1200, 1600)))
    head, tail = preview_of(with_index()), preview_of(other)
    swapped = bytearray(with_index()[: head.at] + other[tail.at :])
    base = index_at(swapped)
    rows_at = base + struct.unpack_from("<HHII", swapped, base + 10 + 24)[3]
    struct.pack_into("<I", swapped, rows_at + 16 + 4, tail.length)

    shown = read(tmp_path, bytes(swapped))
    assert not shown.embedded and "another shape" in shown.fault
    small = read(tmp_path, with_index(longer_px=320))
    assert not small.embedded and "unusual size" in small.fault


def test_no_damage_to_the_index_leads_outside_the_file():
    """Each byte of the index, wrong in turn: a place inside the file, none, or a message."""
    data = with_index()
    base = index_at(data)
    for at in range(base, base + 160):
        for value in (0x00, 0x01, 0x7F, 0x80, 0xFF):
            hurt = bytearray(data)
            hurt[at] = value
            try:
                found = preview_of(bytes(hurt))
            except InputError:
                continue
            assert found is None or (base < found.at and found.at + found.length <= len(data))


@pytest.mark.parametrize("keep", [0, 3, 8, 9, 20, 40, 75, 100])
def test_a_short_index_is_refused(keep):
    data = with_index()
    base = index_at(data)
    length = struct.unpack_from(">H", data, base - 6)[0] - 6
    cut = data[: base - 6] + struct.pack(">H", keep + 6) + data[base - 4 : base + keep] + data[base + length :]

    with pytest.raises(InputError, match=r"damaged|how many|cut off|index"):
        preview_of(cut)


def test_real_previews_show_their_pictures_and_stale_indexes_are_refused(real_data):
    """Six frames of this flight were turned and encoded anew; their index was carried along."""
    embedded = []
    with FrameReader() as frames:
        reader = PreviewReader(frames)
        for path in sorted((real_data / "flights" / "brighton_beach" / "frames").glob("*.JPG")):
            size = read_still_head(path, path.name).size_px
            ref = FrameRef(path.stem, path, FrameKind.STILL, 0, size, 0, 0.0, "", Band.VISIBLE, "FC300S")
            shown = reader.preview(ref)
            if shown.embedded:
                embedded.append(int(path.stem[-4:]))
                truth = cv2.resize(reader.picture(ref).grey, shown.grey.shape[::-1])
                assert np.corrcoef(truth.ravel(), shown.grey.ravel())[0, 1] > 0.9
            else:
                assert "encoded anew" in shown.fault
    assert embedded == [n for n in range(18, 36) if not 24 <= n <= 29]
