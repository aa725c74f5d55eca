"""XMP properties out of a packet, whether written as attributes or as elements."""

import math
import re
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pipeline.errors import InputError

MAX_XMP_BYTES = 1024 * 1024
"""An APP1 segment holds 64 KiB; in a TIFF a packet may be longer."""

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_META = re.compile(rb"<(?:x:xmpmeta|x:xapmeta|rdf:RDF)\b.*</(?:x:xmpmeta|x:xapmeta|rdf:RDF)\s*>", re.DOTALL)
_OPENING_TAG = re.compile(rb"<[A-Za-z_][^<>]*>")
_ATTRIBUTE = re.compile(rb"\s([A-Za-z_][\w:.\-]*)\s*=\s*(\"[^\"]*\"|'[^']*')")


def read_xmp(packet: bytes, name: str) -> dict[str, str]:
    """Properties by their local name: makers change their prefixes and addresses, not the names.

    Where a name occurs twice the first one holds. Arrays give their members joined by commas.

    Raises:
        InputError: Not well-formed, too long, or it declares entities (an "XML bomb").
    """
    if len(packet) > MAX_XMP_BYTES:
        raise InputError(f"{name}: XMP of {len(packet)} bytes; no camera writes that")
    if b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
        raise InputError(f"{name}: its XMP declares XML entities, as no camera does; the file may be an attack")
    found = _META.search(packet)
    text = found.group() if found else packet.strip(b"\0 \t\r\n")
    try:
        try:
            root = fromstring(text)
        except ParseError:
            # one maker's firmware declares the same namespace twice in a tag
            root = fromstring(_OPENING_TAG.sub(_without_repeats, text))
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise InputError(f"{name}: its XMP is not well-formed XML ({error}); was the file damaged?") from error
    values: dict[str, str] = {}
    for description in root.iter(f"{_RDF}Description"):
        for key, value in description.attrib.items():
            values.setdefault(_local(key), value.strip())
        for child in description:
            values.setdefault(_local(str(child.tag)), _content(child))
    return values


def number(values: dict[str, str], *names: str) -> float:
    """The first of some properties that is a finite number such as ``+198.31``; NaN without."""
    for name in names:
        try:
            value = float(values.get(name, ""))
        except ValueError:
            continue
        if math.isfinite(value):
            return value
    return math.nan


def _content(element: Element) -> str:
    members = [member for member in element.iter(f"{_RDF}li") if member.text]
    if members:
        return ",".join((member.text or "").strip() for member in members)
    return (element.text or "").strip()


def _local(key: str) -> str:
    return key.rpartition("}")[2]


def _without_repeats(tag: "re.Match[bytes]") -> bytes:
    seen: set[bytes] = set()

    def once(attribute: "re.Match[bytes]") -> bytes:
        if attribute.group(1) in seen:
            return b""
        seen.add(attribute.group(1))
        return attribute.group()

    return _ATTRIBUTE.sub(once, tag.group())
