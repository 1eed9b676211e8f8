"""The CMP adapter against a CA over HTTP: each step of a request, each fault, and what is asked in reply."""

import dataclasses
import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from mshield.pki.asn1.frame import assemble
from mshield.pki.certificates.csr import build_request_info
from mshield.server.authorities.outside.adapter import (
    Act,
    ActDone,
    ActPending,
    ActRefused,
    Answered,
    Capabilities,
    Confirmed,
    ConfirmPending,
    DuplicateRequest,
    Held,
    Missing,
    OutsideCa,
    Pending,
    Person,
    Refused,
    Submission,
    Unknown,
    Unreachable,
    Unsupported,
)
from mshield.server.authorities.outside.cmp.authority import CmpAuthority
from mshield.server.authorities.outside.cmp.protection import MacProtection
from tests.support.cases import cases
from tests.support.cmp_ca import REFERENCE, SECRET, CmpCa
from tests.support.outside_systems import serving
from tests.unit.pki.authority import NOW, SUBJECT, authority

A = authority()
INFO = build_request_info(SUBJECT, A.leaf_key.public)
P10 = assemble(INFO, A.leaf_key.sign(INFO))
HELD = Held(A.issuing.subject_der, A.leaf.serial, A.leaf.der)
PERSON = Person(
    name="张伟", id_type="resident_id", enterprise="蓝海", credit_code="91440300MA5EXAMPL6", role="operator"
)
URLS: list[str] = [""]


@pytest.fixture
def ca() -> Iterator[CmpCa]:
    """A CA on a local port."""
    made = CmpCa(A)
    with serving(made.answer) as server:
        URLS[0] = server.url
        yield made


def adapter(**more: Any) -> CmpAuthority:
    protection = more.pop("protection", MacProtection(REFERENCE, SECRET))
    return CmpAuthority(name="test", can=Capabilities(), url=URLS[0], protection=protection, **more)


def submission(client: CmpAuthority) -> Submission:
    return Submission(
        key=hashlib.sha256(P10).digest(),
        p10=P10,
        subject=SUBJECT,
        public_key=A.leaf_key.public,
        person=PERSON,
        transaction=client.begin(),
    )


def after(s: Submission, outcome: Any) -> Submission:
    """Returns the submission as the service stores it after this outcome."""
    assert len(outcome.transaction) <= 1024
    return dataclasses.replace(s, transaction=outcome.transaction)


@pytest.mark.parametrize("form", ["p10cr", "cr"])
async def test_request_is_answered_and_confirmed(ca: CmpCa, form: Any) -> None:
    client: OutsideCa = adapter(form=form)
    s = submission(adapter(form=form))
    outcome = await client.submit(s, now=NOW)
    assert isinstance(outcome, Answered)
    assert outcome.chain == (A.issuing.der, A.root.der)
    assert not outcome.unusable
    assert await client.confirm(after(s, outcome), outcome.der, accepted=True, now=NOW) == Confirmed()
    assert [one.der for one in ca.confirmed] == [outcome.der]
    assert ca.kinds == [form, "certConf"]


async def test_rejected_certificate_is_withdrawn_by_the_ca(ca: CmpCa) -> None:
    client = adapter()
    s = submission(client)
    outcome = await client.submit(s, now=NOW)
    assert isinstance(outcome, Answered)
    assert await client.confirm(after(s, outcome), outcome.der, accepted=False, now=NOW) == Confirmed()
    assert list(ca.revoked.values()) == [5]
    assert not ca.confirmed


@pytest.mark.parametrize("form", ["p10cr", "cr"])
async def test_waiting_answers_are_polled_for_in_every_step(ca: CmpCa, form: Any) -> None:
    """The CA answers the request, the confirmation and the revocation late."""
    ca.polls = 2
    client = adapter(form=form)
    s = submission(client)
    outcome = await client.submit(s, now=NOW)
    assert isinstance(outcome, Pending)
    assert (outcome.words, outcome.after_s) == ("人工审核", 5)
    s = after(s, outcome)
    outcome = await client.poll(s, now=NOW)
    assert isinstance(outcome, Pending)
    assert outcome.after_s == 86_400
    s = after(s, outcome)
    answered = await client.poll(s, now=NOW)
    assert isinstance(answered, Answered)
    s = after(s, answered)
    for seconds in (5, 86_400):
        confirmation = await client.confirm(s, answered.der, accepted=True, now=NOW)
        assert isinstance(confirmation, ConfirmPending)
        assert confirmation.after_s == seconds
        s = after(s, confirmation)
    assert await client.confirm(s, answered.der, accepted=True, now=NOW) == Confirmed()
    for seconds in (5, 86_400):
        assert await client.act(HELD, "revoke", 4, key="a", now=NOW) == ActPending(seconds)
    assert await client.act(HELD, "revoke", 4, key="a", now=NOW) == ActDone()
    assert ca.kinds == [
        form,
        "pollReq",
        "pollReq",
        "certConf",
        "pollReq",
        "pollReq",
        "rr",
        "pollReq",
        "pollReq",
    ]
    ids = [bytes(one["header"]["transactionID"]) for one in ca.requests]
    assert [ids.count(one) for one in dict.fromkeys(ids)] == [6, 3]


async def test_request_that_the_ca_forgot_is_missing(ca: CmpCa) -> None:
    ca.polls = 2
    client = adapter()
    s = submission(client)
    s = after(s, await client.submit(s, now=NOW))
    ca.mode = "forgets"
    assert await client.poll(s, now=NOW) == Missing()


async def test_granted_implicit_confirmation_needs_no_message(ca: CmpCa) -> None:
    client = adapter(implicit_confirm=True)
    s = submission(client)
    outcome = await client.submit(s, now=NOW)
    assert isinstance(outcome, Answered)
    assert await client.confirm(after(s, outcome), outcome.der, accepted=True, now=NOW) == Confirmed()
    assert ca.kinds == ["p10cr"]
    assert await client.confirm(after(s, outcome), outcome.der, accepted=False, now=NOW) == Confirmed()
    assert (ca.kinds, list(ca.revoked.values())) == (["p10cr", "rr"], [5])


async def test_implicit_confirmation_that_is_not_granted_is_explicit(ca: CmpCa) -> None:
    ca.mode = "explicit"
    client = adapter(implicit_confirm=True)
    s = submission(client)
    outcome = await client.submit(s, now=NOW)
    assert isinstance(outcome, Answered)
    assert await client.confirm(after(s, outcome), outcome.der, accepted=True, now=NOW) == Confirmed()
    assert ca.kinds == ["p10cr", "certConf"]


@cases(
    ("mode", "expected"),
    [
        ("reject", Refused(code="badDataFormat", words="统一社会信用代码与登记不符")),
        ("error", Refused(code="badDataFormat")),
        ("encrypted", Refused(code="encrypted_certificate")),
    ],
)
async def test_refusal_has_the_cas_code_and_words(ca: CmpCa, mode: str, expected: Refused) -> None:
    ca.mode = mode
    client = adapter()
    assert await client.submit(submission(client), now=NOW) == expected


async def test_private_key_makes_the_answer_unusable(ca: CmpCa) -> None:
    ca.mode = "private_key"
    client = adapter()
    outcome = await client.submit(submission(client), now=NOW)
    assert isinstance(outcome, Answered)
    assert outcome.unusable


async def test_duplicate_is_for_an_operator(ca: CmpCa) -> None:
    ca.mode = "duplicate"
    client = adapter()
    with pytest.raises(DuplicateRequest):
        await client.submit(submission(client), now=NOW)


@cases(
    ("mode", "reason", "operator"),
    [
        ("badmac", "wrong_mac", True),
        ("unprotected", "unprotected", True),
        ("rounds", "protection_algorithm", True),
        ("badtid", "other_transaction", False),
        ("badnonce", "other_nonce", False),
        ("text", "content_type", False),
        ("http500", "127.0.0.1: OutsideError", False),
        ("cut", "127.0.0.1: RemoteProtocolError", False),
        ("unavailable", "systemUnavail", False),
        ("unauthorised", "notAuthorized", True),
    ],
)
async def test_unbelievable_answer_leaves_everything_open(
    ca: CmpCa,
    mode: str,
    reason: str,
    operator: bool,  # noqa: FBT001  # a case's value
) -> None:
    ca.mode = mode
    client = adapter()
    asked = len(ca.kinds)
    with pytest.raises(Unreachable) as caught:
        await client.submit(submission(client), now=NOW)
    assert (caught.value.reason, caught.value.operator) == (reason, operator)
    assert len(ca.kinds) == asked + 1


async def test_our_wrong_secret_is_the_operators(ca: CmpCa) -> None:
    client = adapter(protection=MacProtection(REFERENCE, b"wrong"))
    with pytest.raises(Unreachable) as caught:
        await client.submit(submission(client), now=NOW)
    assert caught.value.operator
    assert not ca.unconfirmed


async def test_confirmation_is_repeated_until_the_ca_knows(ca: CmpCa) -> None:
    client = adapter()
    s = submission(client)
    outcome = await client.submit(s, now=NOW)
    assert isinstance(outcome, Answered)
    s = after(s, outcome)
    ca.mode = "cut"
    with pytest.raises(Unreachable):
        await client.confirm(s, outcome.der, accepted=True, now=NOW)
    assert len(ca.confirmed) == 1
    ca.mode = "ok"
    assert await client.confirm(s, outcome.der, accepted=True, now=NOW) == Unknown()
    ca.mode = "certConfirmed"
    assert await client.confirm(s, outcome.der, accepted=True, now=NOW) == Confirmed()


async def test_hold_release_and_revocation(ca: CmpCa) -> None:
    client = adapter()

    async def done(act: Act, reason: int = 0) -> Any:
        return await client.act(HELD, act, reason, key=f"{act}{len(ca.kinds)}", now=NOW)

    assert await done("hold") == ActDone()
    assert ca.revoked == {A.leaf.serial: 6}
    assert await done("release") == ActDone()
    assert ca.revoked == {}
    assert await done("revoke", 4) == ActDone()
    assert ca.revoked == {A.leaf.serial: 4}
    assert await done("revoke", 4) == ActDone()
    assert await done("release") == ActRefused("certRevoked")
    ca.mode = "nohold"
    assert await done("hold") == Unsupported()
    assert await done("release") == Unsupported()
    ca.mode = "notyours"
    assert await done("revoke", 1) == ActRefused("badCertId")
    ca.mode = "warning"
    assert await done("revoke", 1) == ActPending(5)


async def test_act_whose_transaction_is_lost_is_asked_again(ca: CmpCa) -> None:
    ca.polls = 1
    client = adapter()
    assert await client.act(HELD, "revoke", 4, key="a", now=NOW) == ActPending(5)
    ca.mode, ca.polls = "forgets", 0
    assert await client.act(HELD, "revoke", 4, key="a", now=NOW) == ActPending(5)
    assert await client.act(HELD, "revoke", 4, key="a", now=NOW) == ActDone()
    assert ca.kinds == ["rr", "pollReq", "rr"]
