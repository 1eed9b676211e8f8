"""The CMP adapter with a CA on BouncyCastle: SM2 requests, each protection, waiting, refusals and faults."""

import dataclasses
import hashlib
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from mshield.gm.engine import load_engine
from mshield.gm.sm2 import generate
from mshield.pki.asn1.frame import assemble
from mshield.pki.certificates.csr import build_request_info
from mshield.pki.certificates.issue import self_signed_root, serial_from
from mshield.pki.certificates.names import make_name
from mshield.pki.foreign.certificate import ForeignCertificate, parse_foreign_certificate
from mshield.pki.foreign.crl import parse_foreign_crl, require_crl_of
from mshield.pki.signer import KeySigner
from mshield.server.authorities.outside.adapter import (
    ActDone,
    ActRefused,
    Answered,
    Capabilities,
    Confirmed,
    Held,
    Outcome,
    Pending,
    Person,
    Refused,
    Submission,
    Unreachable,
    Unsupported,
)
from mshield.server.authorities.outside.cmp.authority import CmpAuthority
from mshield.server.authorities.outside.cmp.protection import MacProtection, Protection, SignatureProtection
from tests.interop.judge import java_server
from tests.support.cases import cases
from tests.unit.pki.authority import SUBJECT, new_key

ENGINE: Final = load_engine()
DAY: Final = 86_400_000
REFERENCE: Final = b"ra-0001"
SECRET: Final = b"insecure-test-secret"
PERSON: Final = Person(
    name="张伟", id_type="resident_id", enterprise="蓝海", credit_code="91440300MA5EXAMPL6", role="operator"
)
RA_KEY: Final = KeySigner(ENGINE, generate(ENGINE))


def now() -> int:
    """Returns the real time in ms, since BouncyCastle's CA has no other."""
    return time.time_ns() // 1_000_000_000 * 1000


RA: Final = self_signed_root(
    signer=RA_KEY,
    serial=serial_from(bytes(range(20))),
    subject=make_name(country="CN", organisation="手机盾运营", common_name="Shield RA"),
    not_before=now() - 60_000,
    not_after=now() + DAY,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Running:
    """The CA's address and certificate."""

    url: str
    certificate: ForeignCertificate

    def adapter(self, mode: str = "ok", protection: Protection | None = None, **more: Any) -> CmpAuthority:
        """Returns an adapter for the fault `mode`."""
        return CmpAuthority(
            name="bc",
            can=Capabilities(),
            url=f"{self.url}/pkix/{mode}",
            protection=protection or MacProtection(REFERENCE, SECRET),
            recipient=self.certificate.subject.der,
            **more,
        )

    def signed(self) -> SignatureProtection:
        """Returns SM2 signatures of both sides."""
        return SignatureProtection(ENGINE, RA_KEY, parse_foreign_certificate(RA.der), (self.certificate,))

    def get(self, path: str) -> bytes:
        """Returns one of the CA's files."""
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(self.url + path) as answer:
            octets: bytes = answer.read()
        return octets

    def counts(self) -> list[int]:
        """Returns how many certificates were made, confirmed, and left unconfirmed."""
        return [int(one) for one in self.get("/issued").split()]


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The running CA."""
    folder: Path = tmp_path_factory.mktemp("cmp")
    (folder / "ra.der").write_bytes(RA.der)
    with java_server("CmpCa", REFERENCE.decode(), SECRET.decode(), folder) as url:
        yield Running(url, parse_foreign_certificate((folder / "ca.der").read_bytes()))


def new_submission(client: CmpAuthority) -> Submission:
    key = new_key(ENGINE)
    info = build_request_info(SUBJECT, key.public)
    p10 = assemble(info, key.sign(info))
    return Submission(
        key=hashlib.sha256(p10).digest(),
        p10=p10,
        subject=SUBJECT,
        public_key=key.public,
        person=PERSON,
        transaction=client.begin(),
    )


async def life(
    client: CmpAuthority, *, accepted: bool = True
) -> tuple[list[Outcome], ForeignCertificate | None]:
    """Asks, polls and confirms; returns all outcomes, and the certificate."""
    s = new_submission(client)
    outcomes = [await client.submit(s, now=now())]
    while isinstance(outcomes[-1], Pending):
        assert outcomes[-1].transaction is not None
        s = dataclasses.replace(s, transaction=outcomes[-1].transaction)
        outcomes.append(await client.poll(s, now=now()))
    last = outcomes[-1]
    if not isinstance(last, Answered):
        return outcomes, None
    assert last.transaction is not None
    s = dataclasses.replace(s, transaction=last.transaction)
    assert await client.confirm(s, last.der, accepted=accepted, now=now()) == Confirmed()
    certificate = parse_foreign_certificate(last.der)
    if accepted:
        assert certificate.public_key == s.public_key
    return outcomes, certificate


def held(certificate: ForeignCertificate) -> Held:
    return Held(certificate.issuer.der, certificate.serial, certificate.der)


@cases(
    ("mode", "form", "confirm"),
    [
        ("ok", "p10cr", True),
        ("ok", "cr", True),
        ("ok", "p10cr", False),
        ("explicit", "p10cr", False),
        ("poll", "p10cr", True),
        ("poll", "cr", True),
        ("mods", "p10cr", True),
    ],
)
async def test_bouncycastle_issues_and_counts_the_confirmation(
    ca: Running,
    mode: str,
    form: Any,
    confirm: bool,  # noqa: FBT001  # a case's value
) -> None:
    made, confirmed, unconfirmed = ca.counts()
    outcomes, certificate = await life(ca.adapter(mode, form=form, implicit_confirm=not confirm))
    assert certificate is not None
    assert certificate.subject.common_name == SUBJECT.common_name
    assert len(outcomes) == (4 if mode == "poll" else 1)
    assert ca.counts() == [made + 1, confirmed + 1, unconfirmed]


@cases("macs", [("hmac-sha256",), ("hmac-sm3",), ("pbmac1-sha256", "hmac-sha256")])
async def test_bouncycastle_computes_the_same_macs(ca: Running, macs: Any) -> None:
    _, certificate = await life(ca.adapter(protection=MacProtection(REFERENCE, SECRET, macs)))
    assert certificate is not None
    with pytest.raises(Unreachable):
        await life(ca.adapter(protection=MacProtection(REFERENCE, b"another-secret", macs)))


async def test_signatures_of_both_sides(ca: Running) -> None:
    _, certificate = await life(ca.adapter(protection=ca.signed()))
    assert certificate is not None
    done = await ca.adapter(protection=ca.signed()).act(held(certificate), "revoke", 4, key="k", now=now())
    assert done == ActDone()
    other = SignatureProtection(ENGINE, new_key(ENGINE), parse_foreign_certificate(RA.der), (ca.certificate,))
    for mode, protection, reason in (
        ("badmac", ca.signed(), "wrong_signature"),
        ("badnonce", ca.signed(), "other_nonce"),
        ("ok", other, "badMessageCheck"),
    ):
        with pytest.raises(Unreachable) as caught:
            await life(ca.adapter(mode, protection))
        assert caught.value.reason == reason


@cases(
    ("mode", "form", "code", "words"),
    [
        ("reject", "p10cr", "badDataFormat", "统一社会信用代码与登记不符"),
        ("pollreject", "p10cr", "notAuthorized", "审核不通过：法人授权书缺失"),
        ("nora", "cr", "badPOP", "you are no RA"),
    ],
)
async def test_refusal_is_read(ca: Running, mode: str, form: Any, code: str, words: str) -> None:
    outcomes, _ = await life(ca.adapter(mode, form=form))
    assert outcomes[-1] == Refused(code=code, words=words)


@cases("mode", ["otherkey", "othername", "longlife", "isca"])
async def test_rejected_certificate_is_revoked_there(ca: Running, mode: str) -> None:
    for implicit in (False, True):
        _, certificate = await life(ca.adapter(mode, implicit_confirm=implicit), accepted=False)
        assert certificate is not None
        assert revoked_there(ca, certificate) == 5


@cases(
    ("mode", "reason"),
    [
        ("badmac", "wrong_mac"),
        ("unprotected", "unprotected"),
        ("badtid", "other_transaction"),
        ("badnonce", "other_nonce"),
        ("http500", "127.0.0.1: OutsideError"),
        ("lost", "127.0.0.1: RemoteProtocolError"),
    ],
)
async def test_fault_leaves_the_request_open(ca: Running, mode: str, reason: str) -> None:
    with pytest.raises(Unreachable) as caught:
        await life(ca.adapter(mode))
    assert caught.value.reason == reason


async def test_lost_answers_leave_one_confirmed_certificate(ca: Running) -> None:
    """The CA forgets its answers and makes a certificate each time; only the confirmed one counts."""
    made, confirmed, unconfirmed = ca.counts()
    client, s = ca.adapter("lostnodup"), new_submission(ca.adapter())
    for _ in range(3):
        with pytest.raises(Unreachable):
            await client.submit(dataclasses.replace(s, transaction=client.begin()), now=now())
    client = ca.adapter("nodup")
    outcome = await client.submit(dataclasses.replace(s, transaction=client.begin()), now=now())
    assert isinstance(outcome, Answered)
    assert outcome.transaction is not None
    s = dataclasses.replace(s, transaction=outcome.transaction)
    assert await client.confirm(s, outcome.der, accepted=True, now=now()) == Confirmed()
    assert ca.counts() == [made + 4, confirmed + 1, unconfirmed + 3]


async def test_acts_are_in_the_cas_list(ca: Running) -> None:
    _, certificate = await life(ca.adapter())
    assert certificate is not None

    async def act(act: Any, reason: int, mode: str) -> Any:
        return await ca.adapter(mode).act(held(certificate), act, reason, key="k", now=now())

    for name, reason, mode, outcome, listed in (
        ("hold", 0, "ok", ActDone(), 6),
        ("release", 0, "ok", ActDone(), None),
        ("hold", 0, "nohold", Unsupported(), None),
        ("revoke", 4, "ok", ActDone(), 4),
        ("revoke", 4, "ok", ActDone(), 4),
    ):
        assert await act(name, reason, mode) == outcome
        assert revoked_there(ca, certificate) == listed
    foreign = Held(certificate.subject.der, certificate.serial, certificate.der)
    assert await ca.adapter().act(foreign, "revoke", 4, key="k", now=now()) == ActRefused(
        "badCertId", "no such certificate"
    )


def revoked_there(ca: Running, certificate: ForeignCertificate) -> int | None:
    """Returns the reason in the CA's own list, or None."""
    crl = parse_foreign_crl(ca.get("/ca.crl"))
    require_crl_of(ENGINE, crl, ca.certificate)
    entry = crl.revoked.get(certificate.serial)
    return None if entry is None else entry.reason
