"""Revocation status from CRL and OCSP: who may issue it, about which certificates, and when."""

import pytest

from mshield.gm.sm2 import Signature
from mshield.pki.asn1 import oids
from mshield.pki.asn1.frame import assemble
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.certificates.extensions import extended_key_usage, ocsp_no_check
from mshield.pki.errors import (
    BadCertificateSignature,
    CertificateOnHold,
    CertificateRevoked,
    Expired,
    OcspError,
    PathError,
    StaleStatus,
    StatusUnknown,
    UnknownIssuer,
    WrongUsage,
)
from mshield.pki.revocation.crl import CERTIFICATE_HOLD, KEY_COMPROMISE, Revoked, parse_crl
from mshield.pki.revocation.ocsp import (
    CertId,
    CertStatus,
    Good,
    RevokedAt,
    Unknown,
    build_ocsp_response,
    error_response,
)
from mshield.pki.signer import KeySigner
from mshield.pki.verification.path import CrlStatus, OcspStatus, check_crl, check_ocsp
from mshield.pki.verification.status import OCSP_LIFE, SKEW
from tests.unit.pki.authority import DAY, NOW, OTHER_SHARD, URLS, authority, make_authority, new_key
from tests.unit.pki.forge import SIGNS, forge

A = authority()
OTHER = make_authority(A.engine)


def by_crl(
    crl: bytes, *, at: int = NOW, certificate: Certificate = A.leaf, issuer: Certificate = A.issuing
) -> CrlStatus:
    """Checks a certificate by a list."""
    return check_crl(A.engine, certificate=certificate, issuer=issuer, crl=crl, at=at)


def test_certificate_not_on_the_list_is_good() -> None:
    crl = A.crl((Revoked(A.ocsp.serial, NOW, KEY_COMPROMISE),))
    assert by_crl(crl) == CrlStatus(7, NOW, NOW + DAY)
    assert check_crl(A.engine, certificate=A.leaf, issuer=A.issuing, crl=parse_crl(crl), at=NOW) == by_crl(
        crl
    )


def test_a_list_of_another_shard_answers_for_no_certificate_of_this_one() -> None:
    assert by_crl(A.crl(point=URLS.crl)).number == 7
    with pytest.raises(StatusUnknown, match="other certificates"):
        by_crl(A.crl(point=OTHER_SHARD))
    with pytest.raises(CertificateRevoked):
        by_crl(A.crl((Revoked(A.leaf.serial, NOW, KEY_COMPROMISE),), point=URLS.crl))


def test_the_issuing_ca_is_checked_against_the_roots_list() -> None:
    assert by_crl(A.root_crl(), certificate=A.issuing, issuer=A.root).number == 1
    with pytest.raises(CertificateRevoked):
        by_crl(A.root_crl((Revoked(A.issuing.serial, NOW, 2),)), certificate=A.issuing, issuer=A.root)


@pytest.mark.parametrize(
    ("reason", "error", "code"),
    [
        (KEY_COMPROMISE, CertificateRevoked, "revoked"),
        (0, CertificateRevoked, "revoked"),
        (CERTIFICATE_HOLD, CertificateOnHold, "on_hold"),
    ],
)
def test_certificate_on_the_list_is_refused(reason: int, error: type[CertificateRevoked], code: str) -> None:
    with pytest.raises(error) as caught:
        by_crl(A.crl((Revoked(A.leaf.serial, NOW - DAY, reason),)))
    assert (caught.value.code, caught.value.at, caught.value.reason) == (code, NOW - DAY, reason)


@pytest.mark.parametrize("at", [NOW - SKEW - 1, NOW + DAY])
def test_list_of_another_time_is_stale(at: int) -> None:
    with pytest.raises(StaleStatus) as caught:
        by_crl(A.crl(), at=at)
    assert caught.value.code == "stale_status"
    by_crl(A.crl(), at=NOW - SKEW)
    by_crl(A.crl(), at=NOW + DAY - 1)


def test_list_of_another_ca_is_refused() -> None:
    with pytest.raises(UnknownIssuer):
        by_crl(A.root_crl())
    with pytest.raises(UnknownIssuer):
        by_crl(OTHER.crl())


def test_another_cas_certificate_is_not_cleared() -> None:
    with pytest.raises(UnknownIssuer):
        by_crl(A.crl(), certificate=OTHER.leaf)


def test_list_with_a_bad_signature_is_refused() -> None:
    crl = parse_crl(A.crl())
    forged = assemble(crl.tbs, Signature(crl.signature.s, crl.signature.r))
    with pytest.raises(BadCertificateSignature):
        by_crl(forged)


def test_list_signed_without_crl_usage_is_refused() -> None:
    crl = A.crl()
    parsed = parse_crl(crl)
    leaf_as_issuer = forge(
        SIGNS, key=A.issuing_key, issuer=A.root, issuer_key=A.root_key, subject=A.issuing.subject
    )
    assert parsed.aki == leaf_as_issuer.ski
    with pytest.raises(WrongUsage):
        by_crl(crl, issuer=leaf_as_issuer)


def response(
    status: CertStatus = Good(),  # noqa: B008  # frozen and empty
    *,
    about: CertId = CertId.of(A.issuing, A.leaf.serial),  # noqa: B008  # frozen
    key: KeySigner = A.ocsp_key,
    responder: Certificate = A.ocsp,
    include: list[Certificate] | None = None,
    next_update: int | None = NOW + DAY,
    nonce: bytes | None = None,
) -> bytes:
    """Returns a response of the test authority."""
    return build_ocsp_response(
        signer=key,
        responder=responder,
        issuer=A.issuing,
        statuses=[(CertId.of(A.root, 9), Unknown()), (about, status)],
        this_update=NOW,
        next_update=next_update,
        produced_at=NOW,
        nonce=nonce,
        include=include,
    )


def by_ocsp(
    data: bytes, *, at: int = NOW, certificate: Certificate = A.leaf, nonce: bytes | None = None
) -> OcspStatus:
    """Checks a certificate by a response."""
    return check_ocsp(A.engine, certificate=certificate, issuer=A.issuing, response=data, at=at, nonce=nonce)


def test_good_response_clears_the_certificate() -> None:
    assert by_ocsp(response()) == OcspStatus(NOW, NOW, NOW + DAY, A.ocsp)
    assert by_ocsp(response(about=CertId.of(A.issuing, A.leaf.serial, "sm3"))).responder == A.ocsp


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (RevokedAt(NOW - DAY, KEY_COMPROMISE), CertificateRevoked),
        (RevokedAt(NOW - DAY, CERTIFICATE_HOLD), CertificateOnHold),
        (Unknown(), StatusUnknown),
    ],
)
def test_other_statuses_are_refused(status: CertStatus, error: type[PathError]) -> None:
    with pytest.raises(error):
        by_ocsp(response(status))


def test_response_about_another_certificate_is_refused() -> None:
    with pytest.raises(StatusUnknown):
        by_ocsp(response(about=CertId.of(A.issuing, A.leaf.serial + 1)))
    with pytest.raises(StatusUnknown):
        by_ocsp(response(Unknown(), about=CertId.of(OTHER.issuing, A.leaf.serial)))
    with pytest.raises(UnknownIssuer):
        by_ocsp(response(), certificate=OTHER.leaf)


@pytest.mark.parametrize("at", [NOW - SKEW - 1, NOW + DAY])
def test_response_of_another_time_is_refused(at: int) -> None:
    with pytest.raises((StaleStatus, Expired)):
        by_ocsp(response(), at=at)


def test_response_without_next_update_is_valid_for_a_day() -> None:
    data = response(next_update=None)
    assert by_ocsp(data, at=NOW + OCSP_LIFE - 1).next_update == NOW + OCSP_LIFE
    with pytest.raises(StaleStatus):
        by_ocsp(data, at=NOW + OCSP_LIFE)


def test_the_nonce_must_be_the_requests() -> None:
    by_ocsp(response(nonce=b"12345678"), nonce=b"12345678")
    for nonce in (None, b"87654321"):
        with pytest.raises(StaleStatus):
            by_ocsp(response(nonce=nonce), nonce=b"12345678")


def test_response_with_a_bad_signature_is_refused() -> None:
    good = response()
    at = good.index(A.ocsp.der) - 10
    with pytest.raises(BadCertificateSignature):
        by_ocsp(good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :])


def test_response_without_its_responders_certificate_is_refused() -> None:
    with pytest.raises(StatusUnknown):
        by_ocsp(response(include=[]))
    with pytest.raises(StatusUnknown):
        by_ocsp(response(include=[OTHER.ocsp]))


def test_an_error_response_is_no_status() -> None:
    with pytest.raises(OcspError):
        by_ocsp(error_response("try_later"))


PURPOSE = extended_key_usage(oids.OCSP_SIGNING)


@pytest.mark.parametrize(
    ("error", "extensions", "not_after"),
    [
        pytest.param(StatusUnknown, (SIGNS, PURPOSE), NOW + DAY, id="no nocheck"),
        pytest.param(Expired, (SIGNS, PURPOSE, ocsp_no_check()), NOW - 1000, id="expired"),
    ],
)
def test_unauthorised_delegate_is_refused(
    error: type[PathError], extensions: tuple[object, ...], not_after: int
) -> None:
    key = new_key(A.engine)
    delegate = forge(
        *extensions,  # type: ignore[arg-type]  # parametrize loses the type
        key=key,
        issuer=A.issuing,
        issuer_key=A.issuing_key,
        not_before=NOW - DAY,
        not_after=not_after,
    )
    with pytest.raises(error):
        by_ocsp(response(key=key, responder=delegate))


def test_a_delegate_of_another_ca_or_without_purpose_or_usage_may_not_answer() -> None:
    """The lint refuses to sign with these, so a valid response gets a certificate with the same key."""
    good = response()
    cases = (
        (
            UnknownIssuer,
            forge(SIGNS, PURPOSE, ocsp_no_check(), key=A.ocsp_key, issuer=A.root, issuer_key=A.root_key),
        ),
        (
            StatusUnknown,
            forge(SIGNS, ocsp_no_check(), key=A.ocsp_key, issuer=A.issuing, issuer_key=A.issuing_key),
        ),
        (
            WrongUsage,
            forge(PURPOSE, ocsp_no_check(), key=A.ocsp_key, issuer=A.issuing, issuer_key=A.issuing_key),
        ),
        (
            BadCertificateSignature,
            forge(SIGNS, PURPOSE, ocsp_no_check(), key=A.ocsp_key, issuer=A.issuing, issuer_key=A.root_key),
        ),
    )
    for error, delegate in cases:
        with pytest.raises(error):
            by_ocsp(response(include=[delegate]))
    by_ocsp(good)
