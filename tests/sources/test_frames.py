import zlib

import cv2
import numpy as np
import pytest
import rasterio

from pipeline.errors import InputError
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.sources.frames import DecodeSettings, FrameReader


def ref(path, size=(64, 48)):
    return FrameRef("F1", path, FrameKind.STILL, 0, size, 0, 0.0, "", Band.VISIBLE, "A")


@pytest.fixture
def reader():
    with FrameReader() as opened:
        yield opened


def picture(width=64, height=48):
    """Red grows to the right, green downward."""
    column, row = np.meshgrid(np.arange(width), np.arange(height))
    return np.stack([column * 4, row * 5, np.zeros_like(row)], axis=2).astype(np.uint8)


def test_colours_are_in_order_in_every_format(reader, write):
    rgb = picture()
    for name, magic in (("a.png", "png"), ("a.tif", "tif"), ("a.jpg", "jpg")):
        data = cv2.imencode("." + magic, rgb[:, :, ::-1])[1].tobytes()
        image = reader.read(ref(write(name, data)))
        assert (image.shape, image.dtype) == ((48, 64, 3), np.uint8)
        assert np.abs(image[24, :, 0].astype(int) - rgb[24, :, 0]).mean() < (20 if magic == "jpg" else 1)
        assert image[:, :, 2].mean() < 40


def test_orientation_tags_are_never_applied(reader, make_still, write):
    """The made still claims to be turned by 90°."""
    path = write("a.jpg", make_still())

    assert reader.read(ref(path)).shape == (48, 64, 3)


def test_counts_stay_counts_and_grey_becomes_colour(reader, write):
    counts = (np.arange(48 * 64).reshape(48, 64) * 20).astype(np.uint16)
    for extension in ("png", "tif"):
        data = cv2.imencode("." + extension, counts)[1].tobytes()
        image = reader.read(ref(write(f"c.{extension}", data)))
        assert (image.shape, image.dtype) == ((48, 64), np.uint16)
        assert (image == counts).all()
        grey, _ = reader.read_grey(ref(write(f"c.{extension}", data)), 64)
        assert grey.min() == 0
        assert grey.max() == 255
    grey_jpeg = cv2.imencode(".jpg", picture()[:, :, 0])[1].tobytes()
    assert reader.read(ref(write("g.jpg", grey_jpeg))).shape == (48, 64, 3)


@pytest.mark.parametrize("max_side", [1000, 640, 320, 300, 100, 7])
def test_reduced_grey_keeps_the_place_of_things(reader, write, max_side):
    column = np.tile(np.linspace(0, 255, 640), (480, 1)).astype(np.uint8)
    path = write("a.jpg", cv2.imencode(".jpg", column, [cv2.IMWRITE_JPEG_QUALITY, 98])[1].tobytes())

    grey, scale = reader.read_grey(ref(path, (640, 480)), max_side)

    assert max(grey.shape) <= max_side
    assert grey.shape == (max(1, round(480 * scale)), max(1, round(640 * scale)))
    middle = (np.arange(grey.shape[1]) + 0.5) / scale - 0.5
    assert np.abs(grey.mean(axis=0) - middle / 639 * 255).max() < 3


def test_a_truncated_jpeg_is_refused_not_filled_with_grey(reader, bare_jpeg, write):
    data = bare_jpeg(640, 480)
    for keep in (0.98, 0.5, 0.1):
        path = write("cut.jpg", data[: int(len(data) * keep)])
        with pytest.raises(InputError, match=r"F1: cut\.jpg is a damaged JPEG .*copied whole"):
            reader.read(ref(path, (640, 480)))
        with pytest.raises(InputError, match="damaged JPEG"):
            reader.read_grey(ref(path, (640, 480)), 100)


def test_damage_in_the_middle_is_refused_and_padding_at_the_end_is_not(reader, bare_jpeg, write):
    data = bare_jpeg(640, 480)
    half = len(data) // 2

    with pytest.raises(InputError, match="damaged JPEG"):
        reader.read(ref(write("m.jpg", data[:half] + b"\xff\x13" + data[half + 2 :]), (640, 480)))
    padded = reader.read(ref(write("p.jpg", data[:-2] + bytes(20) + data[-2:]), (640, 480)))
    assert (padded == reader.read(ref(write("w.jpg", data), (640, 480)))).all()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"hello, I am a text\n", "not a JPEG, PNG or TIFF"),
        (b'<VRTDataset rasterXSize="4" rasterYSize="4"><VRTRasterBand/></VRTDataset>', "not a JPEG, PNG or TIFF"),
        (b"II*\0\x08\0\0\0\0\0", "damaged TIFF"),
    ],
)
def test_what_only_calls_itself_a_picture(reader, write, data, message):
    with pytest.raises(InputError, match=message):
        reader.read(ref(write("x.JPG", data)))


def test_a_description_of_another_file_is_never_followed(reader, write, tmp_path, monkeypatch):
    """GDAL would read the file that a VRT names, whatever the VRT's own name."""
    secret = tmp_path / "secret.tif"
    with rasterio.open(secret, "w", driver="GTiff", width=4, height=4, count=1, dtype="uint8") as target:
        target.write(np.full((1, 4, 4), 7, np.uint8))
    vrt = (
        '<VRTDataset rasterXSize="4" rasterYSize="4"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
        f"<SourceFilename>{secret}</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    path = write("x.JPG", vrt.encode())
    with rasterio.open(path) as source:
        assert source.read().max() == 7  # the trap is real

    with pytest.raises(InputError, match="not a JPEG, PNG or TIFF"):
        reader.read(ref(path, (4, 4)))


def test_a_small_file_that_claims_to_be_huge_is_refused_before_decoding(reader, write):
    row = bytes(1 + 20000 // 8)
    packed = zlib.compress(row * 20000, 1)

    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    size = (20000).to_bytes(4, "big")
    data = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size + size + b"\x01\0\0\0\0")
        + chunk(b"IDAT", packed)
        + chunk(b"IEND", b"")
    )
    assert len(data) < 2_000_000
    path = write("huge.png", data)

    with pytest.raises(InputError, match="20000 × 20000 pixels"):
        reader.read(ref(path, (20000, 20000)))
    with pytest.raises(InputError, match="did the file change"):
        reader.read(ref(path, (64, 48)))


def test_a_png_cut_off_is_refused(reader, write):
    data = cv2.imencode(".png", picture())[1].tobytes()

    with pytest.raises(InputError, match="damaged PNG"):
        reader.read(ref(write("a.png", data[: len(data) // 2])))


def test_a_file_that_was_exchanged_is_noticed(reader, bare_jpeg, write):
    with pytest.raises(InputError, match="did the file change"):
        reader.read(ref(write("a.jpg", bare_jpeg(32, 24))))


def test_settings_are_checked():
    with pytest.raises(ValueError, match="at least 1"):
        DecodeSettings(max_open_videos=0)


@pytest.mark.real
def test_real_frames_decode_to_the_pixels_of_opencv(reader, real_data):
    path = real_data / "flights/brighton_beach/frames/DJI_0024.JPG"
    mine = reader.read(ref(path, (4000, 2250)))
    theirs = cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)[:, :, ::-1]

    assert np.abs(mine.astype(np.int16) - theirs).max() <= 2


@pytest.mark.real
def test_a_real_thermal_frame_that_lacks_its_last_rows_is_refused(reader, real_data):
    with pytest.raises(InputError, match="Premature end"):
        reader.read(ref(real_data / "thermal/DJI_XTS.jpg", (640, 512)))
