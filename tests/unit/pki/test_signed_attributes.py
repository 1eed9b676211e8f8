"""Signed attributes: only one form is accepted, and content that resembles them is recognised."""

import pytest

from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.arcs import DISPLAY_OID
from mshield.pki.errors import CmsError, DerError
from mshield.pki.signatures.display import display_bytes
from mshield.pki.signatures.signed_attributes import (
    SignedAttributes,
    is_like_attributes,
    parse_signed_attributes,
)
from tests.support.signed_data import attributes_of

FOUND = SignedAttributes(sm3(b"content"), sm3(b"display"))
CONTENT_TYPE = der.sequence(der.oid(oids.CONTENT_TYPE), der.set_of(der.oid(oids.CMS_DATA)))
DIGEST = der.sequence(der.oid(oids.MESSAGE_DIGEST), der.set_of(der.octet_string(FOUND.message_digest)))
DISPLAY = der.sequence(der.oid(DISPLAY_OID), der.set_of(der.octet_string(FOUND.display)))
SIGNING_TIME = der.sequence(der.oid("1.2.840.113549.1.9.5"), der.set_of(der.time(0)))


def test_attributes_round_trip() -> None:
    assert FOUND.encode() == der.set_of(CONTENT_TYPE, DIGEST, DISPLAY)
    assert parse_signed_attributes(FOUND.encode()) == FOUND


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(FOUND.encode() + b"\0", id="trailing byte"),
        pytest.param(der.tlv(der.SET, DISPLAY, DIGEST, CONTENT_TYPE), id="not sorted"),
        pytest.param(der.set_of(CONTENT_TYPE, DIGEST), id="no display"),
        pytest.param(der.set_of(CONTENT_TYPE, DISPLAY), id="no digest"),
        pytest.param(der.set_of(DIGEST, DISPLAY), id="no content type"),
        pytest.param(der.set_of(CONTENT_TYPE, DIGEST, DISPLAY, SIGNING_TIME), id="one too many"),
        pytest.param(der.set_of(CONTENT_TYPE, DIGEST, DIGEST, DISPLAY), id="twice"),
        pytest.param(SignedAttributes(b"short", FOUND.display).encode(), id="short digest"),
        pytest.param(SignedAttributes(FOUND.message_digest, b"short").encode(), id="short display"),
        pytest.param(
            FOUND.encode().replace(der.oid(oids.CMS_DATA), der.oid(oids.CMS_SIGNED_DATA)), id="content type"
        ),
        pytest.param(FOUND.encode().replace(b"\x04\x20", b"\x0c\x20"), id="not octets"),
    ],
)
def test_anything_else_is_refused(message: bytes) -> None:
    with pytest.raises((DerError, CmsError)):
        parse_signed_attributes(message)


def test_the_display_is_canonical_json() -> None:
    lines = (("总价", '1 "€"'), ("a", "line\nbreak"))
    made = display_bytes(title="报关单", media_type="text/plain", size=7, lines=lines)
    assert made.decode() == (
        '{"lines":[{"label":"总价","value":"1 \\"€\\""},{"label":"a","value":"line\\nbreak"}],'
        '"media_type":"text/plain","size":7,"title":"报关单","type":"mshield-display/v1"}'
    )
    found = attributes_of(
        digest=FOUND.message_digest, title="报关单", media_type="text/plain", size=7, lines=lines
    )
    assert found == SignedAttributes(FOUND.message_digest, sm3(made))


@pytest.mark.parametrize(
    "content",
    [
        FOUND.encode(),
        der.set_of(CONTENT_TYPE, DIGEST, SIGNING_TIME),
        der.tlv(der.SET, DIGEST, CONTENT_TYPE) + b"and more",
        b"\x31\x80" + CONTENT_TYPE + DIGEST + b"\0\0",
        b"\x31\x84\x00\x00\x00\x7f" + CONTENT_TYPE,
        b"\x31\x7f\x30\x81\x20\x06",
    ],
)
def test_attributes_in_any_encoding_are_recognised(content: bytes) -> None:
    assert is_like_attributes(content)


@pytest.mark.parametrize(
    "content", [b"", b"1", b"10", b"1000", b"123456 06", "1，报关单".encode(), b"\x31\x84", b"{}"]
)
def test_other_content_is_not_taken_for_attributes(content: bytes) -> None:
    assert not is_like_attributes(content)
