"""OCSP requests and responses: hashes as requested, nonce, statuses, errors, lint."""

import re
from pathlib import Path

import pytest

from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.frame import assemble
from mshield.pki.certificates.certificate import Certificate, key_id
from mshield.pki.certificates.extensions import Extension
from mshield.pki.errors import DerError, IssueError, LintError, OcspError
from mshield.pki.revocation import ocsp as module
from mshield.pki.revocation.crl import CERTIFICATE_HOLD
from mshield.pki.revocation.ocsp import (
    CertId,
    CertStatus,
    Good,
    HashName,
    RevokedAt,
    Unknown,
    build_ocsp_request,
    build_ocsp_response,
    error_response,
    lint_ocsp,
    parse_ocsp_request,
    parse_ocsp_response,
)
from mshield.pki.signer import KeySigner
from tests.unit.pki.authority import DAY, NOW, authority

A = authority()
HASHES: list[HashName] = ["sha1", "sha256", "sm3"]
LEAF_ID = CertId.of(A.issuing, A.leaf.serial)


def respond(
    statuses: list[tuple[CertId, CertStatus]],
    *,
    nonce: bytes | None = None,
    key: KeySigner = A.ocsp_key,
    responder: Certificate = A.ocsp,
    this_update: int = NOW,
    next_update: int | None = NOW + DAY,
    include: list[Certificate] | None = None,
) -> bytes:
    """Returns a response of the test authority."""
    return build_ocsp_response(
        signer=key,
        responder=responder,
        issuer=A.issuing,
        statuses=statuses,
        this_update=this_update,
        next_update=next_update,
        produced_at=NOW,
        nonce=nonce,
        include=include,
    )


@pytest.mark.parametrize("hash_name", HASHES)
def test_a_certificate_is_named_with_any_of_the_three_hashes(hash_name: HashName) -> None:
    asked = CertId.of(A.issuing, A.leaf.serial, hash_name)
    request = parse_ocsp_request(build_ocsp_request([asked]))
    assert request.cert_ids == (asked,)
    assert request.cert_ids[0].issued_by(A.issuing)
    assert not request.cert_ids[0].issued_by(A.root)
    response = respond([(request.cert_ids[0], Good())])
    assert asked.der in response
    assert parse_ocsp_response(response).statuses[0].cert_id == asked


def test_a_certificate_id_is_repeated_byte_by_byte() -> None:
    """Some clients send SHA-256 with NULL parameters; the response repeats them."""
    odd = CertId.of(A.issuing, A.leaf.serial, "sha256")
    inside = der.sequence(der.oid(oids.SHA256), der.null())
    encoded = der.sequence(
        inside,
        der.octet_string(odd.issuer_name_hash),
        der.octet_string(odd.issuer_key_hash),
        der.integer(odd.serial),
    )
    asked = parse_ocsp_request(der.sequence(der.sequence(der.sequence(der.sequence(encoded))))).cert_ids[0]
    assert asked == odd
    assert encoded in respond([(asked, Good())])


@pytest.mark.parametrize("length", [1, 16, 32, 128])
def test_the_nonce_is_echoed(length: int) -> None:
    nonce = bytes(range(length))
    request = parse_ocsp_request(build_ocsp_request([LEAF_ID], nonce=nonce))
    assert request.nonce == nonce
    assert parse_ocsp_response(respond([(LEAF_ID, Good())], nonce=request.nonce)).nonce == nonce


def test_nonce_is_absent_if_not_requested() -> None:
    assert parse_ocsp_request(build_ocsp_request([LEAF_ID])).nonce is None
    assert parse_ocsp_response(respond([(LEAF_ID, Good())])).nonce is None


@pytest.mark.parametrize("length", [0, 129])
def test_a_nonce_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(OcspError):
        build_ocsp_request([LEAF_ID], nonce=bytes(length))
    extension = Extension(oids.OCSP_NONCE, der.octet_string(bytes(length)))
    with pytest.raises(OcspError):
        parse_ocsp_request(request_with(extension))


def request_with(*extensions: Extension) -> bytes:
    """Builds a request by hand with these request extensions."""
    items = der.sequence(der.sequence(LEAF_ID.der))
    return der.sequence(der.sequence(items, der.explicit(2, der.sequence(*(e.der for e in extensions)))))


NONCE = Extension(oids.OCSP_NONCE, der.octet_string(b"1"))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(request_with(NONCE, NONCE), id="nonce twice"),
        pytest.param(request_with(Extension("1.2.3", der.null(), critical=True)), id="critical extension"),
        pytest.param(der.sequence(der.sequence(der.sequence())), id="asks about nothing"),
        pytest.param(build_ocsp_request([LEAF_ID] * 65), id="asks about too much"),
        pytest.param(build_ocsp_request([LEAF_ID]) + b"\x00", id="trailing byte"),
        pytest.param(
            build_ocsp_request([LEAF_ID]).replace(der.oid(oids.SHA1), der.oid("1.3.14.3.2.27")), id="hash"
        ),
        pytest.param(
            der.sequence(der.sequence(der.explicit(0, der.integer(1)), der.sequence())), id="version"
        ),
        pytest.param(
            der.sequence(
                der.sequence(
                    der.explicit(0, der.integer(0) + der.null()), der.sequence(der.sequence(LEAF_ID.der))
                )
            ),
            id="more than a version",
        ),
        pytest.param(
            der.sequence(
                der.sequence(
                    der.sequence(der.sequence(LEAF_ID.der)),
                    der.explicit(2, der.sequence(NONCE.der) + der.null()),
                )
            ),
            id="more than extensions",
        ),
        pytest.param(b"", id="nothing"),
    ],
)
def test_parser_refuses_invalid_requests(data: bytes) -> None:
    with pytest.raises((DerError, OcspError)):
        parse_ocsp_request(data)


def test_signed_request_is_accepted() -> None:
    tbs = der.sequence(
        der.explicit(1, der.explicit(4, A.leaf.subject_der)), der.sequence(der.sequence(LEAF_ID.der))
    )
    assert parse_ocsp_request(der.sequence(tbs, der.explicit(0, der.sequence()))).cert_ids == (LEAF_ID,)


def test_all_statuses_round_trip() -> None:
    statuses: list[tuple[CertId, CertStatus]] = [
        (LEAF_ID, Good()),
        (CertId.of(A.issuing, 2), RevokedAt(NOW - DAY, 1)),
        (CertId.of(A.issuing, 3), RevokedAt(NOW - DAY, CERTIFICATE_HOLD)),
        (CertId.of(A.issuing, 4), RevokedAt(NOW - DAY)),
        (CertId.of(A.root, 5), Unknown()),
    ]
    response = parse_ocsp_response(respond(statuses))
    assert [(s.cert_id, s.status) for s in response.statuses] == statuses
    assert {(s.this_update, s.next_update) for s in response.statuses} == {(NOW, NOW + DAY)}
    assert response.produced_at == NOW
    assert response.responder_key_hash == key_id(A.ocsp_key.public)
    assert response.certificates == (A.ocsp,)


def test_next_update_may_be_absent() -> None:
    assert parse_ocsp_response(respond([(LEAF_ID, Good())], next_update=None)).statuses[0].next_update is None


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("malformed_request", 1),
        ("internal_error", 2),
        ("try_later", 3),
        ("sig_required", 5),
        ("unauthorized", 6),
    ],
)
def test_error_responses_are_encoded_and_raised(kind: module.ErrorKind, code: int) -> None:
    assert error_response(kind) == bytes((0x30, 3, 0x0A, 1, code))
    with pytest.raises(OcspError, match=str(code)):
        parse_ocsp_response(error_response(kind))


def test_the_responders_key_must_sign() -> None:
    with pytest.raises(IssueError):
        respond([(LEAF_ID, Good())], key=A.issuing_key)


def break_response(name: str) -> None:
    """Asks the builder for a response with the named fault."""
    match name:
        case "no_status":
            respond([])
        case "foreign_certificate":
            respond([(CertId.of(A.root, 5), Good())])
        case "reason":
            respond([(LEAF_ID, RevokedAt(NOW, 8))])
        case "update_order":
            respond([(LEAF_ID, Good())], this_update=NOW + 1000)
        case "responder":
            respond([(LEAF_ID, Good())], key=A.leaf_key, responder=A.leaf)
        case "responder_usage":
            respond([(LEAF_ID, Good())], key=A.issuing_key, responder=A.issuing)
        case "structure":
            raise LintError(lint_ocsp(b"\x30\x00", responder=A.ocsp, issuer=A.issuing))


FINDINGS = set(re.findall(r'Finding\("(\w+)"', Path(module.__file__).read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", sorted(FINDINGS))
def test_each_fault_is_named_and_stops_the_signing(name: str) -> None:
    with pytest.raises(LintError) as caught:
        break_response(name)
    assert name in {finding.name for finding in caught.value.findings}


def test_next_update_follows_this_update() -> None:
    with pytest.raises(LintError):
        respond([(LEAF_ID, Good())], next_update=NOW)


GOOD = respond([(LEAF_ID, Good())])


def single_with(*more: bytes, status: bytes = b"\x80\x00") -> bytes:
    """Returns a response with these parts after its single status."""
    single = der.sequence(LEAF_ID.der, status, der.generalized_time(NOW), *more)
    tbs = der.sequence(
        der.explicit(2, der.octet_string(bytes(20))), der.generalized_time(NOW), der.sequence(single)
    )
    return module.successful(assemble(tbs, A.ocsp_key.sign(tbs)))


def test_optional_parts_of_a_response_are_read() -> None:
    until, more = der.explicit(0, der.generalized_time(NOW + DAY)), der.explicit(1, der.sequence(NONCE.der))
    (single,) = parse_ocsp_response(single_with(until, more)).statuses
    assert single.next_update == NOW + DAY


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(GOOD + b"\x00", id="trailing byte"),
        pytest.param(GOOD.replace(der.oid(oids.OCSP_BASIC), der.oid("1.3.6.1.5.5.7.48.1.9")), id="not basic"),
        pytest.param(GOOD.replace(b"\x80\x00\x18", b"\x83\x00\x18"), id="unknown status tag"),
        pytest.param(der.sequence(der.enumerated(0)), id="success without content"),
        pytest.param(
            der.sequence(der.tlv(der.ENUMERATED, b"\x55" * 5000)),
            id="an error that Python writes out no more",
        ),
        pytest.param(
            single_with(der.explicit(0, der.generalized_time(NOW + DAY) + der.null())), id="more than a time"
        ),
        pytest.param(
            single_with(der.explicit(1, der.sequence(NONCE.der) + der.null())), id="more than extensions"
        ),
        pytest.param(
            single_with(
                status=der.explicit(
                    1, der.generalized_time(NOW) + der.explicit(0, der.enumerated(1) + der.null())
                )
            ),
            id="more than a reason",
        ),
        pytest.param(b"", id="nothing"),
    ],
)
def test_parser_refuses_invalid_responses(data: bytes) -> None:
    with pytest.raises((DerError, OcspError)):
        parse_ocsp_response(data)
