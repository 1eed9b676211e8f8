"""`verify` and `verify_cms`: each possible fault, with the error and the step that name it."""

import dataclasses
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from mshield.client.verification import VerificationError, VerifiedSignature
from mshield.client.verify import verify, verify_cms
from mshield.gm import sm2
from mshield.gm.engine import load_engine
from mshield.gm.sm3 import sm3
from mshield.pki.revocation.crl import CERTIFICATE_HOLD, Revoked
from mshield.pki.revocation.ocsp import CertId, Good, RevokedAt, Unknown, build_ocsp_response
from mshield.pki.signatures.cms import build_signed_data
from tests.support.signed_data import attributes_of
from tests.unit.pki.authority import (
    DAY,
    IDENTITY,
    NOW,
    OTHER_SHARD,
    SUBJECT,
    YEAR,
    Authority,
    authority,
    make_authority,
)

MESSAGE = "<报关单/>".encode()
AT = datetime.fromtimestamp(NOW / 1000, UTC)


@pytest.fixture
def a() -> Authority:
    return authority()


def ocsp(a: Authority, status: Any = None, *, serial: int | None = None, at: int = NOW) -> bytes:
    return build_ocsp_response(
        signer=a.ocsp_key,
        responder=a.ocsp,
        issuer=a.issuing,
        statuses=[(CertId.of(a.issuing, serial or a.leaf.serial), status or Good())],
        this_update=at,
        next_update=at + DAY,
        produced_at=at,
    )


def given(a: Authority, **changes: Any) -> dict[str, Any]:
    """Returns arguments that verify, with some changed."""
    inputs: dict[str, Any] = {
        "message": MESSAGE,
        "signature": a.leaf_key.sign(MESSAGE).to_der(),
        "certificate": a.leaf.der,
        "chain": [a.issuing.der],
        "roots": [a.root.der],
        "at": AT,
        "crl": a.crl(),
    }
    return inputs | changes


def test_result_has_everything_proven(a: Authority) -> None:
    found = verify(**given(a, crl=[a.crl(), a.root_crl()], ocsp=ocsp(a)))
    assert found == VerifiedSignature(
        name=SUBJECT.common_name,
        organisation=SUBJECT.organisation,
        role=SUBJECT.role,
        credit_code=IDENTITY.credit_code,
        serial=a.leaf.serial,
        at=AT,
        revocation=("ocsp", "crl"),
        issuers_checked=True,
        digest=sm2.digest(a.leaf.public_key, MESSAGE),
        signature=found.signature,
        certificate=a.leaf,
        issuers=(a.issuing, a.root),
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.name = "other"  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize("engine", ["botan", "openssl"])
def test_both_engines_agree(a: Authority, engine: Any) -> None:
    assert verify(**given(a, engine=load_engine(engine))).serial == a.leaf.serial


def test_pem_text_bytes_bundles_and_surplus_are_accepted(a: Authority) -> None:
    bundle = a.issuing.pem() + a.root.pem() + a.leaf.pem()
    found = verify(**given(a, certificate=a.leaf.pem().encode(), chain=[bundle], roots=[a.root.pem()]))
    assert (found.revocation, found.issuers_checked) == (("crl",), False)


def test_ocsp_alone_is_enough_and_reported(a: Authority) -> None:
    assert verify(**given(a, crl=None, ocsp=ocsp(a))).revocation == ("ocsp",)


def test_unchecked_is_explicit_and_reported(a: Authority) -> None:
    assert verify(**given(a, crl=None, revocation="unchecked")).revocation == ()


def other_authority() -> Authority:
    return make_authority(load_engine())


def expired(a: Authority) -> dict[str, Any]:
    leaf = a.issue(not_before=NOW - 2 * YEAR // 2, not_after=NOW - DAY)
    return {"certificate": leaf.der}


WRONG: dict[str, tuple[str, str, Any]] = {
    "another message": ("bad_signature", "signature", lambda _: {"message": MESSAGE + b" "}),
    "another key's signature": (
        "bad_signature",
        "signature",
        lambda a: {"signature": a.root_key.sign(MESSAGE).to_der()},
    ),
    "no DER signature": ("bad_signature", "signature", lambda _: {"signature": b"\x30\x00"}),
    "raw signature": (
        "bad_signature",
        "signature",
        lambda a: {"signature": a.leaf_key.sign(MESSAGE).to_raw()},
    ),
    "DER with a tail": (
        "bad_signature",
        "signature",
        lambda a: {"signature": a.leaf_key.sign(MESSAGE).to_der() + b"\x00"},
    ),
    "expired": ("expired", "chain", expired),
    "not yet valid": (
        "not_yet_valid",
        "chain",
        lambda a: {"certificate": a.issue(not_before=NOW + 1000).der},
    ),
    "before the time": ("not_yet_valid", "chain", lambda _: {"at": AT - timedelta(days=2)}),
    "another root": ("unknown_issuer", "chain", lambda _: {"roots": [other_authority().root.der]}),
    "no issuing CA": ("unknown_issuer", "chain", lambda _: {"chain": []}),
    "another root of the same name and key id": (
        "bad_signature",
        "chain",
        lambda a: {"certificate": tampered_leaf(a)},
    ),
    "a CA as signer's issuer that is none": (
        "unknown_issuer",
        "chain",
        lambda a: {"chain": [a.leaf.der]},
    ),
    "revoked by CRL": (
        "revoked",
        "revocation",
        lambda a: {"crl": a.crl((Revoked(a.leaf.serial, NOW - DAY, 1),))},
    ),
    "held by CRL": (
        "on_hold",
        "revocation",
        lambda a: {"crl": a.crl((Revoked(a.leaf.serial, NOW - DAY, CERTIFICATE_HOLD),))},
    ),
    "stale CRL": ("stale_status", "revocation", lambda a: {"crl": a.crl(at=NOW - 2 * DAY)}),
    "CRL from the future": ("stale_status", "revocation", lambda a: {"crl": a.crl(at=NOW + DAY)}),
    "only the root's CRL": ("status_unknown", "revocation", lambda a: {"crl": a.root_crl()}),
    "only another shard's CRL": ("status_unknown", "revocation", lambda a: {"crl": a.crl(point=OTHER_SHARD)}),
    "no status": ("status_missing", "revocation", lambda _: {"crl": None}),
    "CRL of another CA of the same name": (
        "status_unknown",
        "revocation",
        lambda _: {"crl": other_authority().crl()},
    ),
    "CRL by another key": ("bad_signature", "revocation", lambda a: {"crl": flipped_crl(a)}),
    "issuing CA revoked": (
        "revoked",
        "revocation",
        lambda a: {"crl": [a.crl(), a.root_crl((Revoked(a.issuing.serial, NOW - DAY, 2),))]},
    ),
    "revoked by OCSP, clear by CRL": (
        "revoked",
        "revocation",
        lambda a: {"ocsp": ocsp(a, RevokedAt(NOW - DAY, 1))},
    ),
    "held by OCSP though unchecked is permitted": (
        "on_hold",
        "revocation",
        lambda a: {"crl": None, "ocsp": ocsp(a, RevokedAt(NOW - DAY, 6)), "revocation": "unchecked"},
    ),
    "unknown to OCSP": ("status_unknown", "revocation", lambda a: {"ocsp": ocsp(a, Unknown())}),
    "OCSP about another": ("status_unknown", "revocation", lambda a: {"ocsp": ocsp(a, serial=77)}),
    "stale OCSP": ("stale_status", "revocation", lambda a: {"ocsp": ocsp(a, at=NOW - 2 * DAY)}),
    "OCSP with another signature": ("bad_signature", "revocation", lambda a: {"ocsp": flipped(ocsp(a))}),
    "OCSP that is none": ("unreadable", "revocation", lambda _: {"ocsp": b"no"}),
    "CRL that is none": ("unreadable", "input", lambda _: {"crl": b"no"}),
    "certificate that is none": ("unreadable", "input", lambda _: {"certificate": b"\x30\x03\x02\x01\x01"}),
    "PEM without certificate": ("unreadable", "input", lambda _: {"certificate": "hello"}),
    "two certificates for one": (
        "unreadable",
        "input",
        lambda a: {"certificate": a.leaf.pem() + a.root.pem()},
    ),
    "another credit code": (
        "unexpected_signer",
        "signer",
        lambda _: {"expected_credit_code": "91330206MA2AEXAM04"},
    ),
    "another enterprise": ("unexpected_signer", "signer", lambda _: {"expected_organisation": "别家公司"}),
    "another person": ("unexpected_signer", "signer", lambda _: {"expected_name": "王伟"}),
}


def tampered_leaf(a: Authority) -> bytes:
    """Returns the leaf with one character of its name changed.

    Issuer and key ids still match, but the signature doesn't.
    """
    return a.leaf.der.replace("张伟".encode(), "王伟".encode())


def flipped_crl(a: Authority) -> bytes:
    """Returns the list with the last bit of its signature changed."""
    made = a.crl()
    return made[:-1] + bytes([made[-1] ^ 1])


def flipped(response: bytes) -> bytes:
    """Returns the response with the last bit of its signature changed."""
    from mshield.pki.revocation.ocsp import parse_ocsp_response

    signature = parse_ocsp_response(response).signature.to_der()
    place = response.index(signature) + len(signature) - 1
    return response[:place] + bytes([response[place] ^ 1]) + response[place + 1 :]


@pytest.mark.parametrize("what", WRONG)
def test_fault_is_named(a: Authority, what: str) -> None:
    code, step, change = WRONG[what]
    with pytest.raises(VerificationError) as refused:
        verify(**given(a, **change(a)))
    assert (refused.value.code, refused.value.step) == (code, step)
    assert refused.value.zh
    assert refused.value.zh != code
    assert refused.value.en != code


def test_revocation_reports_time_and_reason(a: Authority) -> None:
    with pytest.raises(VerificationError) as refused:
        verify(**given(a, crl=a.crl((Revoked(a.leaf.serial, NOW - DAY, 1),))))
    assert refused.value.extra == {"at": NOW - DAY, "reason": 1}


def test_met_expectations_pass(a: Authority) -> None:
    verify(
        **given(
            a,
            expected_credit_code=IDENTITY.credit_code,
            expected_organisation=SUBJECT.organisation,
            expected_name=SUBJECT.common_name,
        )
    )


def test_time_without_zone_is_a_value_error(a: Authority) -> None:
    with pytest.raises(ValueError, match="zone"):
        verify(**given(a, at=AT.replace(tzinfo=None)))


def cms(a: Authority, *, detached: bool = False) -> bytes:
    return build_signed_data(
        content=None if detached else MESSAGE,
        signature=a.leaf_key.sign(MESSAGE),
        certificate=a.leaf,
        chain=[a.issuing],
    )


def test_attached_and_detached_cms_are_valid(a: Authority) -> None:
    check = partial(verify_cms, roots=[a.root.der], at=AT, crl=a.crl())
    assert check(cms=cms(a), message=None).digest == check(cms=cms(a, detached=True), message=MESSAGE).digest


@pytest.mark.parametrize(
    ("detached", "message", "code"),
    [
        (False, MESSAGE + b" ", "message_mismatch"),
        (True, MESSAGE + b" ", "bad_signature"),
        (True, None, "unreadable"),
    ],
)
def test_cms_over_another_or_no_message_is_refused(
    a: Authority, *, detached: bool, message: bytes | None, code: str
) -> None:
    with pytest.raises(VerificationError) as refused:
        verify_cms(cms=cms(a, detached=detached), message=message, roots=[a.root.der], at=AT, crl=a.crl())
    assert refused.value.code == code


def test_roots_inside_a_cms_are_not_trusted(a: Authority) -> None:
    with pytest.raises(VerificationError, match="unknown_issuer"):
        verify_cms(cms=cms(a), message=MESSAGE, roots=[other_authority().root.der], at=AT, crl=a.crl())


def test_invalid_cms_is_unreadable(a: Authority) -> None:
    with pytest.raises(VerificationError, match="unreadable"):
        verify_cms(cms=b"0\x00", message=MESSAGE, roots=[a.root.der], at=AT, crl=a.crl())


def cms_with_attributes(a: Authority, content: bytes | None) -> bytes:
    found = attributes_of(
        digest=sm3(MESSAGE), title="t", media_type="text/plain", size=len(MESSAGE), lines=()
    )
    return build_signed_data(
        content=content,
        signature=a.leaf_key.sign(found.encode()),
        certificate=a.leaf,
        chain=[a.issuing],
        attributes=found,
    )


@pytest.mark.parametrize("content", [MESSAGE, None])
@pytest.mark.parametrize("known", [{"message": MESSAGE}, {"message": None, "digest": sm3(MESSAGE)}])
def test_cms_with_signed_attributes_by_content_or_digest(
    a: Authority, content: bytes | None, known: dict[str, Any]
) -> None:
    data = cms_with_attributes(a, content)
    found = verify_cms(cms=data, roots=[a.root.der], at=AT, crl=a.crl(), **known)
    assert found.attributes is not None
    assert found.attributes.message_digest == sm3(MESSAGE)


@pytest.mark.parametrize("content", [MESSAGE, None])
@pytest.mark.parametrize("known", [{"message": b"other"}, {"message": None, "digest": sm3(b"other")}])
def test_cms_with_signed_attributes_of_another_content_is_refused(
    a: Authority, content: bytes | None, known: dict[str, Any]
) -> None:
    with pytest.raises(VerificationError) as refused:
        verify_cms(cms=cms_with_attributes(a, content), roots=[a.root.der], at=AT, crl=a.crl(), **known)
    assert (refused.value.code, refused.value.step) == ("message_mismatch", "signature")
