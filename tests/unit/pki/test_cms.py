"""CMS SignedData: attached and detached, verified, and refused after any change."""

import pytest

from mshield.gm.sm2 import Signature
from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.frame import ALGORITHM, DIGEST_ALGORITHM
from mshield.pki.errors import BadCertificateSignature, CmsError, ContentMismatch, DerError
from mshield.pki.signatures.cms import build_signed_data, parse_signed_data
from tests.support.signed_data import attributes_of, verify_signed_data
from tests.unit.pki.authority import authority

A = authority()
MESSAGE = "报关单 530120261010000001".encode()
SIGNATURE = A.leaf_key.sign(MESSAGE)


def build(message: bytes | None = MESSAGE, signature: Signature = SIGNATURE) -> bytes:
    """Builds a SignedData of the leaf with the chain."""
    return build_signed_data(
        content=message, signature=signature, certificate=A.leaf, chain=[A.issuing, A.root]
    )


def test_attached_cms_is_parsed() -> None:
    signed = verify_signed_data(A.engine, build())
    assert (signed.content, signed.signature, signed.signer) == (MESSAGE, SIGNATURE, A.leaf)
    assert {c.der for c in signed.certificates} == {A.leaf.der, A.issuing.der, A.root.der}
    assert verify_signed_data(A.engine, build(), content=MESSAGE) == signed


def test_detached_cms_is_parsed() -> None:
    signed = verify_signed_data(A.engine, build(None), content=MESSAGE)
    assert signed.content is None
    assert MESSAGE not in build(None)


def test_empty_message_differs_from_a_missing_one() -> None:
    data = build(b"", A.leaf_key.sign(b""))
    assert verify_signed_data(A.engine, data).content == b""


def test_a_certificate_given_twice_is_carried_once() -> None:
    data = build_signed_data(
        content=MESSAGE, signature=SIGNATURE, certificate=A.leaf, chain=[A.leaf, A.issuing]
    )
    assert len(parse_signed_data(data).certificates) == 2


def test_detached_needs_the_message() -> None:
    with pytest.raises(CmsError):
        verify_signed_data(A.engine, build(None))


@pytest.mark.parametrize("message", [MESSAGE + b" ", b""])
def test_another_message_is_refused(message: bytes) -> None:
    with pytest.raises(BadCertificateSignature):
        verify_signed_data(A.engine, build(None), content=message)
    with pytest.raises(ContentMismatch):
        verify_signed_data(A.engine, build(), content=message)


def test_another_keys_signature_is_refused() -> None:
    with pytest.raises(BadCertificateSignature):
        verify_signed_data(A.engine, build(signature=A.root_key.sign(MESSAGE)))


def test_attached_content_that_was_changed_is_refused() -> None:
    with pytest.raises(BadCertificateSignature):
        verify_signed_data(A.engine, build().replace(MESSAGE, MESSAGE[:-1] + b"2"))


ATTRIBUTES = attributes_of(
    digest=sm3(MESSAGE), title="报关单", media_type="text/plain", size=len(MESSAGE), lines=()
)


def with_attributes(content: bytes | None = MESSAGE) -> bytes:
    """Builds a SignedData of the leaf over signed attributes."""
    signature = A.leaf_key.sign(ATTRIBUTES.encode())
    return build_signed_data(content=content, signature=signature, certificate=A.leaf, attributes=ATTRIBUTES)


def test_attributes_are_signed_in_place_of_the_content() -> None:
    data = with_attributes()
    signed = verify_signed_data(A.engine, data)
    assert (signed.content, signed.attributes) == (MESSAGE, ATTRIBUTES)
    assert verify_signed_data(A.engine, data, content=MESSAGE, digest=sm3(MESSAGE)) == signed


def test_detached_with_attributes_needs_no_more_than_the_digest() -> None:
    for known in ({"content": MESSAGE}, {"digest": sm3(MESSAGE)}):
        assert verify_signed_data(A.engine, with_attributes(None), **known).content is None
    with pytest.raises(CmsError):
        verify_signed_data(A.engine, with_attributes(None))
    with pytest.raises(CmsError):
        verify_signed_data(A.engine, build(None), digest=sm3(MESSAGE))


@pytest.mark.parametrize("known", [{"content": MESSAGE + b" "}, {"digest": sm3(b"")}])
@pytest.mark.parametrize("inside", [MESSAGE, None])
def test_attributes_of_another_content_are_refused(inside: bytes | None, known: dict[str, bytes]) -> None:
    with pytest.raises(ContentMismatch):
        verify_signed_data(A.engine, with_attributes(inside), **known)


def test_content_inside_that_the_attributes_do_not_name_is_refused() -> None:
    with pytest.raises(ContentMismatch):
        verify_signed_data(A.engine, with_attributes(MESSAGE + b" "))


def test_signed_attributes_do_not_pass_for_a_content() -> None:
    signature = A.leaf_key.sign(ATTRIBUTES.encode())
    with pytest.raises(ContentMismatch):
        verify_signed_data(A.engine, build(ATTRIBUTES.encode(), signature))


OTHER = der.sequence(der.oid("1.2.156.10197.1.402"))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(build() + b"\x00", id="trailing byte"),
        pytest.param(
            build().replace(der.oid(oids.CMS_SIGNED_DATA), der.oid("1.2.840.113549.1.7.3")), id="type"
        ),
        pytest.param(
            build().replace(der.oid(oids.CMS_DATA), der.oid("1.2.840.113549.1.7.5")), id="content type"
        ),
        pytest.param(build().replace(DIGEST_ALGORITHM, OTHER), id="digest"),
        pytest.param(
            build().replace(DIGEST_ALGORITHM + ALGORITHM, DIGEST_ALGORITHM + OTHER[:-1] + b"\x76"),
            id="signature algorithm",
        ),
        pytest.param(
            build_signed_data(content=MESSAGE, signature=SIGNATURE, certificate=A.leaf).replace(
                der.integer(A.leaf.serial) + DIGEST_ALGORITHM,
                der.integer(A.issuing.serial) + DIGEST_ALGORITHM,
            ),
            id="signer not inside",
        ),
        pytest.param(der.sequence(der.oid(oids.CMS_SIGNED_DATA)), id="no content"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_parser_refuses_invalid_cms(data: bytes) -> None:
    with pytest.raises((DerError, CmsError)):
        parse_signed_data(data)
