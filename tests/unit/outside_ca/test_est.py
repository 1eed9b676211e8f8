"""The EST adapter against a server of its own: answers, waiting, refusals, and the forms of certs-only."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from mshield.pki.asn1 import der
from mshield.pki.asn1.frame import assemble
from mshield.pki.certificates.csr import build_request_info, parse_request_info
from mshield.pki.errors import DerError
from mshield.server.authorities.outside.adapter import (
    Answered,
    Capabilities,
    Confirmed,
    Held,
    OutsideCa,
    Pending,
    Person,
    Refused,
    Submission,
    Unreachable,
    Unsupported,
)
from mshield.server.authorities.outside.certs_only import read_certs_only
from mshield.server.authorities.outside.est import EstAuthority
from tests.support.cases import cases
from tests.support.cmp_ca import SIGNED_DATA, certs_only
from tests.support.outside_systems import Asked, Reply, serving
from tests.unit.pki.authority import NOW, SUBJECT, authority

A = authority()
INFO = build_request_info(SUBJECT, A.leaf_key.public)
P10 = assemble(INFO, A.leaf_key.sign(INFO))
HELD = Held(A.issuing.subject_der, A.leaf.serial, A.leaf.der)
RFC, GB = SIGNED_DATA, "1.2.156.10197.6.1.4.2.2"
SUBMISSION = Submission(
    key=hashlib.sha256(P10).digest(),
    p10=P10,
    subject=SUBJECT,
    public_key=A.leaf_key.public,
    person=Person(
        name="张伟",
        id_type="resident_id",
        enterprise="蓝海",
        credit_code="91440300MA5EXAMPL6",
        role="operator",
    ),
)


def indefinite(value: bytes) -> bytes:
    """Returns the outermost value with an indefinite length."""
    header = 2 + (value[1] & 0x7F if value[1] & 0x80 else 0)
    return value[:1] + b"\x80" + value[header:] + b"\0\0"


def reply(content: bytes, status: int = 200, **headers: str) -> Reply:
    kind = {
        "Content-Type": "application/pkcs7-mime; smime-type=certs-only",
        "Content-Transfer-Encoding": "base64",
    }
    return Reply(status, base64.encodebytes(content), kind | headers)


@dataclass
class EstServer:
    """A server of RFC 7030 for one label; `replies` come before what it would answer."""

    replies: list[Reply] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    kind: str = RFC
    with_chain: bool = False

    def answer(self, asked: Asked) -> Reply:
        self.asked.append((asked.method, asked.path))
        if asked.headers.get("authorization") != "Basic " + base64.b64encode(b"ra:password").decode():
            return Reply(401)
        if asked.path == "/.well-known/est/shield/cacerts":
            return reply(certs_only(A.issuing.der, A.root.der))
        assert asked.headers["content-type"] == "application/pkcs10"
        if self.replies:
            return self.replies.pop(0)
        request = base64.b64decode(asked.body, validate=True)
        _, public = parse_request_info(_info(request))
        issued = A.issue(public=public).der
        return reply(certs_only(*((A.issuing.der, issued) if self.with_chain else (issued,)), kind=self.kind))


def _info(request: bytes) -> bytes:
    assert request == P10
    return INFO


URL = [""]


@pytest.fixture
def ca() -> Iterator[EstServer]:
    """A running server."""
    made = EstServer()
    with serving(made.answer) as server:
        URL[0] = f"{server.url}/.well-known/est/shield"
        yield made


def adapter(**more: Any) -> EstAuthority:
    return EstAuthority(
        name="est", can=Capabilities(), url=URL[0], **{"user": "ra", "password": b"password"} | more
    )


@pytest.mark.parametrize("kind", [RFC, GB])
@pytest.mark.parametrize("with_chain", [False, True])
async def test_certificate_comes_with_the_cas_chain(ca: EstServer, kind: str, with_chain: bool) -> None:  # noqa: FBT001  # a case's value
    ca.kind, ca.with_chain = kind, with_chain
    client: OutsideCa = adapter()
    outcome = await client.submit(SUBMISSION, now=NOW)
    assert isinstance(outcome, Answered)
    assert outcome.chain == (A.issuing.der, A.root.der)
    assert await client.confirm(SUBMISSION, outcome.der, accepted=True, now=NOW) == Confirmed()
    await client.submit(SUBMISSION, now=NOW)
    paths = [path.rpartition("/")[2] for _, path in ca.asked]
    assert paths == ["simpleenroll", "cacerts", "simpleenroll"]


async def test_waiting_request_is_sent_again(ca: EstServer) -> None:
    client = adapter()
    ca.replies = [Reply(202, headers={"Retry-After": after}) for after in ("7", "999999", "soon")]
    for seconds in (7, 86_400, 60):
        assert await client.poll(SUBMISSION, now=NOW) == Pending(after_s=seconds)
    assert isinstance(await client.poll(SUBMISSION, now=NOW), Answered)


async def test_renewal_goes_to_simplereenroll_where_the_ca_takes_it(ca: EstServer) -> None:
    renewal = Submission(
        key=SUBMISSION.key,
        p10=P10,
        subject=SUBJECT,
        public_key=SUBMISSION.public_key,
        person=SUBMISSION.person,
        renewal_of=HELD,
    )
    for reenroll, path in ((False, "simpleenroll"), (True, "simplereenroll")):
        ca.asked.clear()
        assert isinstance(await adapter(reenroll=reenroll).submit(renewal, now=NOW), Answered)
        assert ca.asked[0] == ("POST", f"/.well-known/est/shield/{path}")


async def test_refusal_has_the_cas_words(ca: EstServer) -> None:
    ca.replies = [Reply(400, "信用代码\u202e不符\n".encode(), {"Content-Type": "text/plain"})]
    assert await adapter().submit(SUBMISSION, now=NOW) == Refused(code="http_400", words="信用代码 不符")


@cases(
    ("given", "reason"),
    [
        (Reply(500), "127.0.0.1: OutsideError"),
        (Reply(302, headers={"Location": "/"}), "127.0.0.1: a redirect"),
        (Reply(429), "status 429"),
        (Reply(204), "status 204"),
        (Reply(cut=True), "127.0.0.1: RemoteProtocolError"),
        (Reply(200, b"x", {"Content-Type": "text/html"}), "content_type"),
        (reply(b"\x30\x00"), "form"),
        (reply(certs_only()), "no_certificate"),
        (reply(certs_only(*[der.sequence()] * 65)), "form"),
    ],
)
async def test_answer_that_is_none_leaves_everything_open(ca: EstServer, given: Reply, reason: str) -> None:
    ca.replies = [given]
    with pytest.raises(Unreachable) as caught:
        await adapter().submit(SUBMISSION, now=NOW)
    assert (caught.value.reason, caught.value.operator) == (reason, False)


async def test_wrong_password_is_the_operators(ca: EstServer) -> None:
    del ca
    with pytest.raises(Unreachable) as caught:
        await adapter(password=b"other").submit(SUBMISSION, now=NOW)
    assert (caught.value.reason, caught.value.operator) == ("status 401", True)


async def test_certificate_of_another_key_is_handed_on_to_be_checked(ca: EstServer) -> None:
    ca.replies = [reply(certs_only(A.leaf.der)), reply(certs_only(A.ocsp.der))]
    for expected in (A.leaf.der, A.ocsp.der):
        outcome = await adapter().submit(SUBMISSION, now=NOW)
        assert isinstance(outcome, Answered)
        assert outcome.der == expected


async def test_revocation_is_by_hand(ca: EstServer) -> None:
    assert await adapter().act(HELD, "revoke", 4, key="k", now=NOW) == Unsupported()
    assert not ca.asked


def test_certs_only_is_read_in_der_ber_and_base64() -> None:
    plain = certs_only(A.leaf.der, A.issuing.der)
    for data in (plain, indefinite(plain), base64.b64encode(plain), base64.encodebytes(plain)):
        assert read_certs_only(data) == (A.leaf.der, A.issuing.der)
    for data in (
        certs_only(A.leaf.der, signers=der.sequence()),
        certs_only(A.leaf.der, kind="1.2.840.113549.1.7.3"),
        plain + b"\0",
        plain[:-1],
        b"",
        b"!",
    ):
        with pytest.raises(DerError):
            read_certs_only(data)
