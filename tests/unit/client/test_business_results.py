"""Results of the business SDK: they are verified before use."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from mshield.client import Result, VerificationError
from mshield.client.forms import read
from mshield.wire.login_message import LOGIN_TYPE, LoginMessage
from tests.unit.pki.authority import IDENTITY, NOW, SUBJECT, Authority, authority

AT = datetime.fromtimestamp(NOW / 1000, UTC)


def login_message(**changes: object) -> bytes:
    fields: dict[str, Any] = {
        "type": LOGIN_TYPE,
        "request_id": "r1",
        "client_id": "c1",
        "domain": "swapp.example.cn",
        "name": "单一窗口",
        "nonce": "n",
        "issued_at": NOW,
    }
    return LoginMessage(**(fields | changes)).encode()


def result(a: Authority, message: bytes, kind: str = "login") -> Result:
    from mshield.pki.revocation.ocsp import CertId, Good, build_ocsp_response

    ocsp = build_ocsp_response(
        signer=a.ocsp_key,
        responder=a.ocsp,
        issuer=a.issuing,
        statuses=[(CertId.of(a.issuing, a.leaf.serial), Good())],
        this_update=NOW,
        next_update=NOW + 3_600_000,
        produced_at=NOW,
    )
    sent = {
        "id": "r1",
        "kind": kind,
        "signer": {
            "name": "someone else",  # stated by the service only: `verify` ignores it
            "organisation": "",
            "credit_code": "",
            "role": "operator",
            "shield_number": "MS12345678901",
        },
        "certificate_pem": a.leaf.pem(),
        "chain_pem": [a.issuing.pem(), a.root.pem()],
        "signed_at": NOW,
        "documents": [
            {
                "title": "t",
                "format": "raw",
                "signed_attributes_b64": None,
                "signature_raw_b64": None,
                "time_stamp": None,
                "message_b64": base64.b64encode(message).decode(),
                "signature_b64": base64.b64encode(a.leaf_key.sign(message).to_der()).decode(),
                "cms_b64": "",
            }
        ],
        "ocsp_b64": base64.b64encode(ocsp).decode(),
    }
    return read(json.dumps(sent).encode(), Result)


def test_a_result_verifies_with_its_own_ocsp_and_names_come_from_the_certificate() -> None:
    a = authority()
    found = result(a, login_message())
    [verified] = found.verify(
        roots=[a.root.pem()], client_id="c1", at=AT, expected_credit_code=IDENTITY.credit_code
    )
    assert (verified.name, verified.revocation) == (SUBJECT.common_name, ("ocsp",))
    assert found.signing_time == AT


@pytest.mark.parametrize(
    "message",
    [
        login_message(request_id="r2"),
        login_message(client_id="c2"),
        login_message(type="other/v1"),
        b"<xml/>",
        b"\xff",
    ],
)
def test_login_for_another_request_is_refused(message: bytes) -> None:
    a = authority()
    with pytest.raises(VerificationError, match="message_mismatch"):
        result(a, message).verify(roots=[a.root.pem()], client_id="c1", at=AT)


def test_a_signature_confirms_no_business_system() -> None:
    a = authority()
    signed = replace(result(a, b"<declaration/>"), kind="signature")
    signed.verify(roots=[a.root.pem()], at=AT)
    with pytest.raises(VerificationError, match="asker_unproven"):
        signed.verify(roots=[a.root.pem()], client_id="c1", at=AT)


def test_documents_must_equal_the_sent_ones() -> None:
    a = authority()
    found = result(a, b"<x/>", "signature")
    found.verify(roots=[a.root.pem()], documents=[b"<x/>"], at=AT)
    for other in ([b"<y/>"], [], [b"<x/>", b"<x/>"]):
        with pytest.raises(VerificationError, match="message_mismatch"):
            found.verify(roots=[a.root.pem()], documents=other, at=AT)


def test_the_root_in_the_result_is_not_trusted() -> None:
    from mshield.gm.engine import load_engine
    from tests.unit.pki.authority import make_authority

    a = authority()
    with pytest.raises(VerificationError, match="unknown_issuer"):
        result(a, b"<x/>", "signature").verify(roots=[make_authority(load_engine()).root.pem()], at=AT)
