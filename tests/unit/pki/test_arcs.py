"""The operator's OID arc: its form, arcs that can't be an operator's own, and display OIDs that readers accept."""

import pytest

from mshield.pki.asn1 import arcs, der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import CmsError
from mshield.pki.signatures.signed_attributes import SignedAttributes, parse_signed_attributes


@pytest.mark.parametrize(
    "arc", [arcs.DEFAULT_ARC, "1.3.6.1.4.1.55555", "2.999", "1.2.156.112570", "2.16.156.1"]
)
def test_valid_arc_is_accepted(arc: str) -> None:
    assert arcs.checked_arc(arc) == arc


@pytest.mark.parametrize(
    "arc",
    [
        *("", "1", "1.", "1.2.", ".1.2", "1.02", "1.2.-3", "3.1", "1.40", "1.2.x", "1.2 .3", "1.2\n"),
        "1.2.2147483648",
        "2.25.110860620154935717330723700372722797771",
        "1.2" + ".2147483647" * 8,
        *("1.2.156.10197", "1.2.156.10197.6", "1.3.6.1.4.1.99999.1", "1.3.6.1.3.1", "1.2.840.113549.1.9"),
    ],
)
def test_invalid_arc_is_refused(arc: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        arcs.checked_arc(arc)


def test_display_attribute_follows_from_the_policy() -> None:
    policies = (
        "2.999.2",
        "2.999.3",
        "1.2.156.10197.2",
        "2.25.77611958535931809579879497083876763447",
        "1.2.2.2",
    )
    assert arcs.display_oids_of(policies) == ("2.999.1", "1.2.2.1")


def test_every_number_of_the_default_arc_is_short() -> None:
    assert all(int(part) < 2**24 for part in arcs.DEFAULT_ARC.split("."))
    assert len(der.oid(arcs.DEFAULT_ARC)) < 40


def test_display_uses_a_known_attribute() -> None:
    found = SignedAttributes(b"c" * 32, b"d" * 32, display_oid=arcs.DISPLAY_OID)
    assert parse_signed_attributes(found.encode()) == found
    other = SignedAttributes(b"c" * 32, b"d" * 32, display_oid="2.999.1")
    with pytest.raises(CmsError):
        parse_signed_attributes(other.encode())
    assert parse_signed_attributes(other.encode(), display_oids=("2.999.1",)) == other


def test_two_displays_are_refused() -> None:
    known = (arcs.DISPLAY_OID, "2.999.1")
    one, other = (SignedAttributes(b"c" * 32, b"d" * 32, display_oid=oid).encode() for oid in known)
    parts = {*_parts(one), *_parts(other)}
    assert len(parts) == 4
    with pytest.raises(CmsError):
        parse_signed_attributes(der.set_of(*parts), display_oids=known)


def test_signing_time_is_allowed_only_in_gb_35275() -> None:
    timed = SignedAttributes(
        b"c" * 32, b"d" * 32, content_type=oids.GB_DATA, display_oid="2.999.1", signing_time=1_785_578_400_000
    )
    assert parse_signed_attributes(timed.encode(), display_oids=("2.999.1",)) == timed
    with pytest.raises(CmsError):
        parse_signed_attributes(SignedAttributes(b"c" * 32, b"d" * 32, signing_time=0).encode())


def _parts(attributes: bytes) -> list[bytes]:
    return [part.raw() for part in Reader(attributes).set_of()]
