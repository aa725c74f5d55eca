"""Whether a PNG is whole, by the lengths of its chunks; decoders take a chunk's claimed length on trust."""

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_BYTES = 13


def is_whole(data: bytes) -> bool:
    """Whether chunks follow one another from the header to the end mark, each within the file.

    OpenCV sets aside what a chunk claims to hold, up to 2 GiB, before it reads; and returns what it has of a picture
    that was cut off.

    Source: PNG (Third Edition), "Chunk layout".
    """
    at, end = len(SIGNATURE), len(data)
    if not data.startswith(SIGNATURE) or data[at : at + 8] != _HEADER_BYTES.to_bytes(4, "big") + b"IHDR":
        return False
    while at + 12 <= end:
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IEND":
            return length == 0
        at += 12 + length
    return False
