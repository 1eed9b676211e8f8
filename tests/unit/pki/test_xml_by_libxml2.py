"""Canonical XML by libxml2: it never differs from our own reader, and handles every usual spelling."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from benches.formats import spellings
from mshield.pki.errors import XmlError
from mshield.pki.xml import making
from mshield.pki.xml.by_libxml2 import canonical_by_libxml2
from mshield.pki.xml.canonical import MAX_CONTENT, canonical_document, require_signable
from mshield.pki.xml.making import canonical_content
from mshield.pki.xml.reader import read_xml

_VECTORS: Final = Path(__file__).parents[3] / "vectors/formats"
_GOOD: Final = [
    file.read_bytes() for kind in ("canonical", "xml") for file in (_VECTORS / kind).glob("*.xml")
]
_DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
_PIECES: Final = [
    '<b a="1" c="2">', "<b c='2' a='1'>", '<b xmlns="">', '<b xmlns:x="urn:z" x:q="1" y="2">', '<b xmlns:x="">',
    "&nbsp;", "&amp", "&lt;", "&apos;", "&#9;", "&#10;", "&#xD;", "&#00000000065;", ' xmlns:x="urn:a"', "\ufffe",
    "\x01", "\ufeff", "<!DOCTYPE a>", "<?xml version='1.0'?>", '<b xml:lang="x">', "<xml:b>",
    f'<ds:Signature xmlns:ds="{_DSIG}">', f'<Signature xmlns="{_DSIG}">', '<b xmlns:ds="urn:q">',
    f'<b xmlns:ds="{_DSIG}">',
    '<b xmlns:q="a b">',
    '<b xmlns:xml="http://www.w3.org/XML/1998/namespace">', '<b xmlns:q="urn:公">', '<b xmlns:q="&#117;rn:z">',
    '<b xmlns:q="http://www.w3.org/2000/xmlns/">', "<a:b:c/>", "<:b/>", "<b:/>", "<x:1/>", '<b  a = "1"\t\n>',
    '<b x:c="1" y:c="2">', '<b a="&#10;&#9;&quot;\'>">', "]]>", "]]&gt;", '<b a="\t\n\r\n\r">', "</b >", "</b\n>", "\r",
    '<b a="1"c="2">', "<b a>", "<b a=1>", '<b xmlns="relative">', '<b xmlns:z="urn:x" z:c="1" x:d="2" e="0">', "<b/>",
    '<b xmlns:x="urn:y" xmlns:y="urn:y" x:c="1" y:c="1">', '<z:b xmlns:z="urn:x"/>', '<b xmlns=\'urn:z\' a="xmlns=\'">',
    'xmlns:xml="', "<![CDATA[", "<![CDATA[<&]]>", "<!-- -->", "<?p?>", "<b>", "</b>", "</a>", "text", '"', "'", "<",
]  # fmt: skip
_ROOTS: Final = ["a", "a xmlns:x='urn:x' xmlns:y='urn:y' xmlns='urn:z'", 'a c="2"\n xmlns:y="urn:y" b=\'1\'']
_CHANGED: Final = 4_000


def by_the_reader(octets: bytes) -> bytes | None:
    try:
        document = read_xml(octets)
        require_signable(document)
    except XmlError:
        return None
    content = canonical_document(document)
    return None if document.has_comments or len(content) > MAX_CONTENT else content


def _composed(by: random.Random) -> bytes:
    parts, still_open = [], []
    for _ in range(by.randrange(12)):
        piece = by.choice(_PIECES)
        parts.append(piece)
        if piece.startswith("<b") and not piece.endswith("/>"):
            still_open.append("</b>")
        if still_open and by.random() < 0.5:
            parts.append(still_open.pop())
    return f"<{by.choice(_ROOTS)}>{''.join(parts)}{''.join(still_open)}</a>{by.choice(['', '', *_PIECES])}".encode()


def _changed(by: random.Random) -> bytes:
    octets = bytearray(by.choice(_GOOD))
    for _ in range(by.randrange(1, 4)):
        at = by.randrange(len(octets) + 1)
        match by.randrange(3):
            case 0:
                octets[at : at + 1] = bytes([by.choice(b"<>'\" &:/=\r\n!?\x80\xef")])
            case 1:
                del octets[at : at + by.randrange(1, 6)]
            case _:
                octets[at:at] = by.choice(_PIECES).encode()
    return bytes(octets)


def test_libxml2_never_contradicts_the_reader() -> None:
    by = random.Random(18)  # noqa: S311  # the same documents each time
    accepted = 0
    for number in range(_CHANGED):
        octets = (_composed if number % 2 else _changed)(by)
        quick = canonical_by_libxml2(octets)
        if quick is not None:
            assert quick == by_the_reader(octets), octets
            accepted += 1
    assert accepted > _CHANGED / 100


def _edges() -> Iterator[str]:
    """Yields the first and last characters of the character classes of XML names and of XML itself."""
    starts = "\t\n\r -.0:A_`{\x7f\x80·ÀÖ×Øö÷ø\u02ff\u0300\u0370\u037d\u037e\u037f\u1fff\u2000\u200c\u200d\u200e\u203f"
    more = "\u2040\u2041\u2070\u218f\u2190\u2c00\u2fef\u2ff0\u3000\u3001\ud7ff\uf900\ufdcf\ufdd0\ufdf0\ufefe\ufeff"
    for character in f"{starts}{more}\ufffd\U00010000\U0001ffff\U000effff\U000f0000\U0010ffff":
        yield from (chr(ord(character) + step) for step in (-1, 0, 1) if 0 < ord(character) + step < 0x110000)
    yield from map(chr, range(0x20))


@pytest.mark.parametrize(
    "form",
    ["<a>x{}</a>", '<a b="x{}"/>', "<a><![CDATA[{}]]></a>", "<{}/>", "<a{}/>", '<a {}="1"/>', '<a x{}="1"/>',
     "<a:{} xmlns:a='urn:x'/>", '<a xmlns:{}="urn:x"/>', '<a xmlns:x{}="urn:x"/>', "{}<a/>", "<a/>{}"],
)  # fmt: skip
def test_libxml2_accepts_the_same_characters(form: str) -> None:
    for character in _edges():
        octets = form.format(character).encode("utf-8", "surrogatepass")
        assert canonical_by_libxml2(octets) == by_the_reader(octets), octets


@pytest.mark.parametrize("depth", [63, 64, 65, 300])
def test_libxml2_has_the_same_depth_limit(depth: int) -> None:
    octets = b"<a>" * depth + b"</a>" * depth
    assert canonical_by_libxml2(octets) == by_the_reader(octets)
    assert (by_the_reader(octets) is None) == (depth > 64)


@pytest.mark.parametrize("count", [1000, 1001])
def test_libxml2_has_the_same_attribute_limit(count: int) -> None:
    octets = b"<r><a %b/><b/></r>" % b" ".join(b'a%d="1"' % n for n in range(count))
    assert canonical_by_libxml2(octets) == by_the_reader(octets)
    assert (by_the_reader(octets) is None) == (count > 1000)


@pytest.mark.parametrize("name", sorted(spellings()))
def test_libxml2_handles_every_usual_spelling(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    octets = spellings()[name]
    expected = by_the_reader(octets)
    monkeypatch.setattr(making, "read_xml", None)
    assert canonical_content(octets) == expected
    assert canonical_by_libxml2(octets) == expected


def test_reader_is_used_without_libxml2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mshield.pki.xml.by_libxml2._tools", None)
    octets = spellings()["attributes"]
    assert canonical_by_libxml2(octets) is None
    assert canonical_content(octets) == by_the_reader(octets)
