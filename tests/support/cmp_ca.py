"""A CA that speaks CMP, for tests: pyasn1 reads its requests and checks that they are DER, faults come by `mode`.

Its readers and MACs share no code with the service.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from pyasn1.codec.der import decoder, encoder
from pyasn1.type import univ
from pyasn1_alt_modules import rfc4210, rfc9810

from mshield.pki.asn1 import der
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.certificates.names import leaf_subject, read_name
from tests.support.outside_systems import Asked, Reply
from tests.unit.pki.authority import NOW, YEAR, Authority

REFERENCE: Final = b"ra-0001"
SECRET: Final = b"insecure-test-secret"
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
WAITING, REJECTION, GRANTED = 3, 2, 0
_IMPLICIT: Final = "1.3.6.1.5.5.7.4.13"
_FAILURES: Final = {
    "badMessageCheck": 1, "badRequest": 2, "badCertId": 4, "badDataFormat": 5, "certRevoked": 10,
    "certConfirmed": 11, "badRecipientNonce": 13, "notAuthorized": 23, "systemUnavail": 24, "duplicateCertReq": 26,
}  # fmt: skip


def status(number: int, failure: str | None = None, text: str | None = None) -> bytes:
    """Encodes PKIStatusInfo."""
    return der.sequence(
        der.integer(number),
        *([der.sequence(der.utf8(text))] if text is not None else []),
        *([der.named_bits(_FAILURES[failure])] if failure is not None else []),
    )


def error(number: int = REJECTION, failure: str | None = None, text: str | None = None) -> tuple[int, bytes]:
    """Returns an error message."""
    return 23, der.sequence(status(number, failure, text))


def cp(request_id: int, answer: bytes, certificate: bytes | None = None, *more: bytes) -> tuple[int, bytes]:
    """Returns a certificate response; `more` follows the certificate."""
    pair = [der.sequence(der.explicit(0, certificate), *more)] if certificate is not None else []
    return 3, der.sequence(der.sequence(der.sequence(der.integer(request_id), answer, *pair)))


def protected(
    body: tuple[int, bytes],
    request: Any,
    *,
    implicit: bool = False,
    secret: bytes = SECRET,
    transaction: bytes | None = None,
    nonce: bytes | None = None,
    rounds: int = 1000,
    extra: tuple[bytes, ...] = (),
) -> bytes:
    """Returns an answer with PasswordBasedMac by SHA-256 to this request (pyasn1's PKIMessage)."""
    header = request["header"]
    return with_mac(
        body,
        implicit=implicit,
        secret=secret,
        transaction=transaction or bytes(header["transactionID"]),
        nonce=nonce or bytes(header["senderNonce"]),
        rounds=rounds,
        extra=extra,
    )


def with_mac(
    body: tuple[int, bytes],
    *,
    transaction: bytes,
    nonce: bytes,
    implicit: bool = False,
    secret: bytes = SECRET,
    rounds: int = 1000,
    extra: tuple[bytes, ...] = (),
) -> bytes:
    """Returns an answer with PasswordBasedMac by SHA-256 to the message with this transaction and nonce."""
    salt = secrets.token_bytes(16)
    sha256, mac = (
        der.sequence(der.oid(one), der.null()) for one in ("2.16.840.1.101.3.4.2.1", "1.2.840.113549.2.9")
    )
    parameters = der.sequence(der.octet_string(salt), sha256, der.integer(rounds), mac)
    head = der.sequence(
        der.integer(2),
        der.explicit(4, der.sequence()),
        der.explicit(4, der.sequence()),
        der.explicit(0, der.tlv(der.GENERALIZED_TIME, b"20260101000000.25Z")),
        der.explicit(1, der.sequence(der.oid("1.2.840.113533.7.66.13"), parameters)),
        der.explicit(4, der.octet_string(transaction)),
        der.explicit(5, der.octet_string(secrets.token_bytes(16))),
        der.explicit(6, der.octet_string(nonce)),
        *([der.explicit(8, der.sequence(der.sequence(der.oid(_IMPLICIT), der.null())))] if implicit else []),
    )
    whole, key = der.explicit(*body), secret + salt
    for _ in range(rounds):
        key = hashlib.sha256(key).digest()
    value = hmac.digest(key, der.sequence(head, whole), "sha256")
    more = [der.explicit(1, der.sequence(*extra))] if extra else []
    return der.sequence(head, whole, der.explicit(0, der.bit_string(value)), *more)


def parsed(data: bytes) -> Any:
    """Returns pyasn1's reading of a message that must be exactly one in DER."""
    message, rest = decoder.decode(data, asn1Spec=rfc9810.PKIMessage())
    assert not rest
    assert encoder.encode(message) == data
    return message


def has_valid_mac(message: Any, secret: bytes = SECRET) -> bool:
    """Reports whether PasswordBasedMac by SHA-256 holds, computed from pyasn1's reading."""
    raw = bytes(message["header"]["protectionAlg"]["parameters"])
    parameters, _ = decoder.decode(raw, asn1Spec=rfc4210.PBMParameter())
    key = secret + bytes(parameters["salt"])
    for _ in range(int(parameters["iterationCount"])):
        key = hashlib.sha256(key).digest()
    covered = univ.Sequence()
    covered[0], covered[1] = message["header"], message["body"]
    expected = hmac.digest(key, encoder.encode(covered), "sha256")
    return hmac.compare_digest(expected, message["protection"].asOctets())


@dataclass(slots=True)
class CmpCa:
    """The CA. `polls` is how often each answer is waited for; `mode` is a fault, see `answer`."""

    authority: Authority
    mode: str = "ok"
    polls: int = 0
    kinds: list[str] = field(default_factory=list)
    """Bodies of the requests so far, by their names in RFC 9810."""

    requests: list[Any] = field(default_factory=list)
    unconfirmed: dict[bytes, Certificate] = field(default_factory=dict)
    confirmed: list[Certificate] = field(default_factory=list)
    revoked: dict[int, int] = field(default_factory=dict)
    """Reasons by serial number."""

    check_after: int = 90_000
    """Seconds in `pollRep`."""

    clock: Callable[[], int] | None = None
    """Time of issuing in ms; without it the authority's own."""

    _waiting: dict[bytes, tuple[int, tuple[int, bytes]]] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Reply:
        """Answers a message. The modes are those of the interoperability test's CA."""
        assert asked.headers["content-type"] == "application/pkixcmp"
        request = parsed(asked.body)
        self.requests.append(request)
        self.kinds.append(request["body"].getName())
        if bytes(request["header"]["senderKID"]) != REFERENCE or not has_valid_mac(request):
            return self._reply(request, error(failure="badMessageCheck"))
        body = self._body(request)
        if self.mode == "http500":
            return Reply(500)
        if self.mode == "cut":
            return Reply(cut=True)
        if self.mode == "text":
            return Reply(200, b"down", {"Content-Type": "text/plain"})
        return self._reply(request, body)

    def _reply(self, request: Any, body: tuple[int, bytes]) -> Reply:
        header = request["header"]
        asked_info = header["generalInfo"] if header["generalInfo"].isValue else ()
        asked_implicit = any(str(one["infoType"]) == _IMPLICIT for one in asked_info)
        implicit = asked_implicit and self.mode != "explicit" and body[0] == 3
        content = protected(
            body,
            request,
            implicit=implicit,
            secret=b"other" if self.mode == "badmac" else SECRET,
            transaction=b"t" * 16 if self.mode == "badtid" else None,
            nonce=b"n" * 16 if self.mode == "badnonce" else None,
            rounds=250_000 if self.mode == "rounds" else 1000,
            extra=(self.authority.issuing.der, self.authority.root.der) if body[0] == 3 else (),
        )
        if self.mode == "unprotected":
            content = without_protection(content)
        if implicit and (certificate := self.unconfirmed.pop(bytes(header["transactionID"]), None)):
            self.confirmed.append(certificate)
        return Reply(200, content, {"Content-Type": "application/pkixcmp"})

    def _body(self, request: Any) -> tuple[int, bytes]:
        kind, transaction = request["body"].getName(), bytes(request["header"]["transactionID"])
        if kind == "pollReq":
            return self._polled(transaction, int(request["body"]["pollReq"][0]["certReqId"]))
        match kind:
            case "p10cr":
                info = request["body"]["p10cr"]["certificationRequestInfo"]
                body = self._issued(-1, info["subject"], info["subjectPublicKeyInfo"], transaction)
            case "cr":
                asked = request["body"]["cr"][0]
                assert asked["popo"].getName() == "raVerified"
                template = asked["certReq"]["certTemplate"]
                body = self._issued(0, template["subject"], template["publicKey"], transaction)
            case "certConf":
                body = self._confirmed(request["body"]["certConf"][0], transaction)
            case "rr":
                body = self._revoked(request["body"]["rr"][0])
            case _:
                return error(failure="badRequest")
        if self.polls:
            self._waiting[transaction] = (self.polls, body)
            text = "人工审核\u202e"
            return (
                cp(-1 if kind == "p10cr" else 0, status(WAITING, text=text))
                if body[0] == 3
                else error(WAITING)
            )
        return body

    def _polled(self, transaction: bytes, request_id: int) -> tuple[int, bytes]:
        if self.mode == "forgets" or transaction not in self._waiting:
            return error(failure="badRequest", text="nothing waits here")
        left, body = self._waiting[transaction]
        if left > 1:
            self._waiting[transaction] = (left - 1, body)
            return 26, der.sequence(der.sequence(der.integer(request_id), der.integer(self.check_after)))
        del self._waiting[transaction]
        return body

    def _issued(self, request_id: int, subject: Any, key: Any, transaction: bytes) -> tuple[int, bytes]:
        refusals = {
            "reject": cp(request_id, status(REJECTION, "badDataFormat", "统一社会信用代码与登记不符")),
            "duplicate": cp(request_id, status(REJECTION, "duplicateCertReq")),
            "unavailable": error(failure="systemUnavail"),
            "unauthorised": error(failure="notAuthorized"),
            "error": error(failure="badDataFormat"),
        }
        if self.mode in refusals:
            return refusals[self.mode]
        at = NOW if self.clock is None else self.clock()
        certificate = self.authority.issue(
            public=key["subjectPublicKey"].asOctets(),
            subject=leaf_subject(read_name(Reader(encoder.encode(subject["rdnSequence"])))),
            not_before=at - at % 1000,
            not_after=at - at % 1000 + YEAR,
        )
        self.unconfirmed[transaction] = certificate
        if self.mode == "encrypted":
            pair = der.sequence(der.explicit(1, der.sequence()))
            return 3, der.sequence(der.sequence(der.sequence(der.integer(request_id), status(GRANTED), pair)))
        more = [der.explicit(0, der.sequence())] if self.mode == "private_key" else []
        return cp(request_id, status(GRANTED), certificate.der, *more)

    def _confirmed(self, confirmation: Any, transaction: bytes) -> tuple[int, bytes]:
        if self.mode == "certConfirmed":
            return error(failure="certConfirmed")
        certificate = self.unconfirmed.pop(transaction, None)
        if certificate is None:
            return error(failure="badCertId")
        assert bytes(confirmation["certHash"]) == hashlib.new("sm3", certificate.der).digest()
        if confirmation["statusInfo"].isValue and int(confirmation["statusInfo"]["status"]) == REJECTION:
            self.revoked[certificate.serial] = 5
        else:
            self.confirmed.append(certificate)
        return 19, der.null()

    def _revoked(self, details: Any) -> tuple[int, bytes]:
        template = details["certDetails"]
        assert encoder.encode(template["issuer"]["rdnSequence"]) == self.authority.issuing.subject.der
        serial = int(template["serialNumber"])
        reason = int(decoder.decode(bytes(details["crlEntryDetails"][0]["extnValue"]))[0])
        held = self.revoked.get(serial) == 6
        answer = status(GRANTED)
        if self.mode == "nohold" and reason in {6, 8}:
            answer = status(REJECTION, "badRequest", "no hold here")
        elif self.mode == "notyours":
            answer = status(REJECTION, "badCertId")
        elif self.mode == "warning":
            answer = status(4)
        elif reason == 8 and held:
            del self.revoked[serial]
        elif serial in self.revoked and not held:
            answer = status(REJECTION, "certRevoked")
        else:
            self.revoked[serial] = reason
        return 12, der.sequence(der.sequence(answer))


def without_protection(message: bytes) -> bytes:
    """Returns the message with header and body alone."""
    read = parsed(message)
    return der.sequence(encoder.encode(read["header"]), encoder.encode(read["body"]))


def certs_only(
    *certificates: bytes, kind: str = SIGNED_DATA, signers: bytes = b"", version: int = 1
) -> bytes:
    """Encodes a SignedData with certificates alone."""
    signed = der.sequence(
        der.integer(version),
        der.tlv(der.SET),
        der.sequence(der.oid("1.2.840.113549.1.7.1")),
        der.tlv(0xA0, *certificates),
        der.tlv(der.SET, signers),
    )
    return der.sequence(der.oid(kind), der.explicit(0, signed))
