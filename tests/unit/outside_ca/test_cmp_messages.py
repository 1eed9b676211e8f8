"""CMP messages: what is written is read by pyasn1 as DER, and only protected answers to it are believed."""

import hashlib
import hmac
from typing import Any

import pytest

from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der
from mshield.pki.asn1.frame import assemble
from mshield.pki.certificates.csr import build_request_info
from mshield.pki.certificates.names import leaf_name
from mshield.pki.errors import DerError
from mshield.pki.foreign.certificate import parse_foreign_certificate
from mshield.server.authorities.outside.cmp import bodies
from mshield.server.authorities.outside.cmp.answers import (
    CertificateAnswer,
    ConfirmAnswer,
    ErrorAnswer,
    PollAnswer,
    RevocationAnswer,
    Status,
    read_body,
)
from mshield.server.authorities.outside.cmp.bodies import Body, certificate_hash
from mshield.server.authorities.outside.cmp.errors import CmpError
from mshield.server.authorities.outside.cmp.messages import Sent, read, write
from mshield.server.authorities.outside.cmp.protection import (
    MacName,
    MacProtection,
    Protection,
    SignatureProtection,
    _hmac_sm3,
)
from tests.support.cases import cases
from tests.support.cmp_ca import (
    REFERENCE,
    SECRET,
    cp,
    has_valid_mac,
    parsed,
    protected,
    status,
    without_protection,
)
from tests.unit.pki.authority import NOW, SUBJECT, authority, make_authority

A = authority()
INFO = build_request_info(SUBJECT, A.leaf_key.public)
P10 = assemble(INFO, A.leaf_key.sign(INFO))
NAME = leaf_name(SUBJECT).der
KEY_INFO = der.sequence(
    der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.156.10197.1.301")),
    der.bit_string(A.leaf_key.public),
)
MAC = MacProtection(REFERENCE, SECRET)
RA, CA = parse_foreign_certificate(A.leaf.der), parse_foreign_certificate(A.issuing.der)
SIGNED = SignatureProtection(A.engine, A.leaf_key, RA, (CA,))
CAS_SIDE = SignatureProtection(A.engine, A.issuing_key, CA, (RA,))
EVERY: dict[str, Body] = {
    "p10cr": bodies.p10cr(P10),
    "cr": bodies.cr_ra_verified(NAME, KEY_INFO),
    "pollReq": bodies.poll_req(-1),
    "certConf": bodies.cert_conf(A.leaf.der, -1, accepted=True),
    "certConf rejected": bodies.cert_conf(A.leaf.der, 0, accepted=False),
    "rr": bodies.rr(A.issuing.subject_der, A.leaf.serial, 4),
}


def sent(body: Body = EVERY["p10cr"], protection: Protection = MAC, **more: Any) -> Sent:
    return write(body, protection, transaction_id=b"i" * 16, now=NOW, **more)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("protection", [MAC, SIGNED], ids=["mac", "signature"])
def test_every_message_is_der_by_another_reader(name: str, protection: Protection) -> None:
    message = sent(
        EVERY[name],
        protection,
        peer_nonce=b"p" * 16,
        recipient=A.issuing.subject_der,
        implicit_confirm=True,
        profile="shield",
    )
    read_back = parsed(message.octets)
    header = read_back["header"]
    assert read_back["body"].getName() == name.partition(" ")[0]
    assert (bytes(header["transactionID"]), bytes(header["senderNonce"])) == (b"i" * 16, message.nonce)
    assert bytes(header["recipNonce"]) == b"p" * 16
    assert [str(one["infoType"]) for one in header["generalInfo"]] == [
        "1.3.6.1.5.5.7.4.13",
        "1.3.6.1.5.5.7.4.21",
    ]
    if protection is MAC:
        assert has_valid_mac(read_back)
        assert bytes(header["senderKID"]) == REFERENCE
    else:
        assert bytes(header["senderKID"]) == RA.values.ski
        assert len(read_back["extraCerts"]) == 1


@pytest.mark.parametrize("mac", ["hmac-sha256", "hmac-sm3", "pbmac1-sha256"])
def test_each_mac_verifies_with_the_same_secret_alone(mac: MacName) -> None:
    ours, other = MacProtection(REFERENCE, SECRET, (mac,)), MacProtection(REFERENCE, b"other", (mac,))
    algorithm = ours.new_algorithm()
    value = ours.protect(algorithm, b"covered")
    ours.require(b"", algorithm, b"covered", value)
    for protection, covered in ((other, b"covered"), (ours, b"changed")):
        with pytest.raises(CmpError, match="wrong_mac"):
            protection.require(b"", algorithm, covered, value)


def test_hmac_sm3_is_that_of_openssl() -> None:
    if "sm3" not in hashlib.algorithms_available:
        pytest.fail("this test needs a Python with SM3")
    for key in (b"", b"k" * 32, b"k" * 64):
        assert _hmac_sm3(key, b"data") == hmac.digest(key, b"data", "sm3")


def test_a_mac_outside_the_settings_is_refused() -> None:
    algorithm = MacProtection(REFERENCE, SECRET, ("hmac-sm3",)).new_algorithm()
    with pytest.raises(CmpError, match="protection_algorithm"):
        MacProtection(REFERENCE, SECRET, ("hmac-sha256",)).protect(algorithm, b"")
    with pytest.raises(ValueError, match="hmac-sha1"):
        MacProtection(REFERENCE, SECRET, ("hmac-sha1",))


@cases(("rounds", "salt"), [(499, 16), (200_001, 16), (-1, 16), (1000, 7), (1000, 129)])
def test_parameters_outside_the_bounds_are_refused(rounds: int, salt: int) -> None:
    parameters = der.sequence(
        der.octet_string(bytes(salt)),
        der.sequence(der.oid("2.16.840.1.101.3.4.2.1")),
        der.integer(rounds),
        der.sequence(der.oid("1.2.840.113549.2.9")),
    )
    with pytest.raises(CmpError, match="protection_algorithm"):
        MAC.protect(der.sequence(der.oid("1.2.840.113533.7.66.13"), parameters), b"")


def test_a_protected_answer_is_read() -> None:
    message = sent()
    answer = protected(
        cp(-1, status(1, text="改了名称"), A.leaf.der),
        parsed(message.octets),
        implicit=True,
        extra=(A.issuing.der,),
    )
    received = read(answer, message, MAC)
    assert received.answer == CertificateAnswer(
        request_id=-1, status=Status(1, ("改了名称",)), certificate=A.leaf.der
    )
    assert received.implicit_confirm
    assert received.certificates == (A.issuing.der,)
    assert len(received.nonce) == 16


def test_an_answer_that_proves_nothing_is_refused() -> None:
    message = sent()
    request = parsed(message.octets)
    body = (19, der.null())
    good = protected(body, request)
    changed = good[:-1] + bytes((good[-1] ^ 1,))
    for data, reason in (
        (protected(body, request, secret=b"other"), "wrong_mac"),
        (changed, "wrong_mac"),
        (protected(body, request, transaction=b"t" * 16), "other_transaction"),
        (protected(body, request, nonce=b"n" * 16), "other_nonce"),
        (protected(body, request, rounds=200_001), "protection_algorithm"),
        (without_protection(good), "unprotected"),
        (good + b"\0", "form"),
        (good[:-1], "form"),
        (b"", "form"),
        (b"0" * (256 * 1024 + 1), "too_long"),
    ):
        with pytest.raises(CmpError) as caught:
            read(data, message, MAC)
        assert caught.value.reason == reason


def answered(sender: SignatureProtection, message: Sent, *, name: bytes | None = None) -> bytes:
    """Returns a `pkiconf` signed by that side."""
    algorithm = sender.new_algorithm()
    header = der.sequence(
        der.integer(2),
        der.explicit(4, name or sender.sender),
        der.explicit(4, RA.subject.der),
        der.explicit(1, algorithm),
        der.explicit(4, der.octet_string(message.transaction_id)),
        der.explicit(5, der.octet_string(b"c" * 16)),
        der.explicit(6, der.octet_string(message.nonce)),
    )
    body = der.explicit(19, der.null())
    value = sender.protect(algorithm, der.sequence(header, body))
    return der.sequence(header, body, der.explicit(0, der.bit_string(value)))


def test_only_the_pinned_certificate_signs_answers() -> None:
    message = sent(protection=SIGNED)
    assert read(answered(CAS_SIDE, message), message, SIGNED).answer == ConfirmAnswer()
    other = make_authority(A.engine)
    others = SignatureProtection(A.engine, other.issuing_key, CA, (RA,))
    for data, reason in (
        (answered(others, message), "wrong_signature"),
        (answered(CAS_SIDE, message, name=RA.subject.der), "other_sender"),
        (protected((19, der.null()), parsed(message.octets)), "protection_algorithm"),
    ):
        with pytest.raises(CmpError) as caught:
            read(data, message, SIGNED)
        assert caught.value.reason == reason


def _body(number: int, content: bytes) -> bytes:
    return der.explicit(number, content)


def test_each_kind_of_answer_is_read() -> None:
    poll = der.sequence(der.integer(0), der.integer(60), der.sequence(der.utf8("人工审核")))
    details = der.sequence(status(2, "badRequest"), der.integer(7), der.sequence(der.utf8("no")))
    revocation = der.sequence(der.sequence(status(0)), der.explicit(0, der.sequence(der.sequence())))
    for number, content, expected in (
        (19, der.null(), ConfirmAnswer()),
        (23, details, ErrorAnswer(Status(2, (), ("badRequest",)))),
        (26, der.sequence(poll), PollAnswer(0, 60, ("人工审核",))),
        (12, revocation, RevocationAnswer(Status(0))),
        (12, der.sequence(der.sequence(der.sequence(der.integer(2), der.named_bits(40)))),
         RevocationAnswer(Status(2, (), ("40",)))),
    ):  # fmt: skip
        assert read_body(_body(number, content)) == expected


def test_private_key_is_reported_and_not_read() -> None:
    number, content = cp(0, status(0), A.leaf.der, der.explicit(0, der.sequence(der.octet_string(b"secret"))))
    answer = read_body(_body(number, content))
    assert isinstance(answer, CertificateAnswer)
    assert answer.private_key
    assert "secret" not in repr(answer)


def test_malformed_answers_are_refused() -> None:
    encrypted = der.sequence(
        der.sequence(der.sequence(der.integer(0), status(0), der.sequence(der.explicit(1, der.sequence()))))
    )
    granted_without = cp(0, status(0))
    two = der.sequence(der.sequence(*[der.sequence(der.integer(0), status(3))] * 2))
    many = der.sequence(der.sequence(der.integer(2), der.sequence(*[der.utf8("x")] * 65)))
    for number, content in (
        (3, encrypted),
        granted_without,
        cp(0, status(2), A.leaf.der),
        cp(0, status(7)),
        (3, two),
        (1, cp(0, status(3))[1]),
        (4, der.sequence()),
        (23, many),
        (26, der.sequence(der.sequence(der.integer(0), der.integer(-1)))),
        (19, der.sequence()),
    ):
        with pytest.raises((CmpError, DerError)):
            read_body(_body(number, content))


def test_certificate_hash_follows_the_certificates_algorithm() -> None:
    assert certificate_hash(A.leaf.der) == sm3(A.leaf.der)
    for algorithm, name in (
        ("1.2.840.10045.4.3.2", "sha256"),
        ("1.2.840.10045.4.3.3", "sha384"),
        ("1.2.840.113549.1.1.13", "sha512"),
        ("1.2.3", "sha256"),
    ):
        certificate = der.sequence(der.sequence(), der.sequence(der.oid(algorithm)), der.bit_string(b"x"))
        assert certificate_hash(certificate) == hashlib.new(name, certificate).digest()
    assert certificate_hash(b"no DER") == hashlib.sha256(b"no DER").digest()
