"""Every bit of every field matters: a `finish`, an `open` or an answer with one changed bit is refused."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mshield.gm.cosign import Proof, check_answer, check_enrolment, check_nonce, phone_enrol
from mshield.gm.curve import N
from mshield.gm.engine import Engine
from mshield.gm.errors import (
    BadAnswer,
    BadOpening,
    BadProof,
    GmError,
    Malformed,
    NoSession,
    WrongPin,
)
from mshield.gm.sm2 import Signature
from tests.unit.gm.parties import Parties, digests, items_of


def flips(value: bytes | int) -> Iterator[Any]:
    """Yields the value with each bit flipped in turn; a number has 256 of them."""
    if isinstance(value, int):
        yield from (value ^ 1 << bit for bit in range(256))
        return
    number, length = int.from_bytes(value, "big"), len(value)
    yield from ((number ^ 1 << bit).to_bytes(length, "big") for bit in range(8 * length))


def all_refused(value: bytes | int, attempt: Callable[[Any], object], *errors: type[GmError]) -> None:
    count = 0
    for changed in flips(value):
        with pytest.raises(errors):
            attempt(changed)
        count += 1
    assert count == 256 if isinstance(value, int) else 8 * len(value)


@pytest.fixture
def parties(engine: Engine) -> Parties:
    return Parties.enrol(engine)


@pytest.mark.parametrize(
    ("field", "error"), [("sid", NoSession), ("Q1", BadOpening), ("rho", BadOpening), ("s_prime", WrongPin)]
)
@pytest.mark.parametrize("which", [0, 1])
def test_flipped_bit_in_finish_is_refused(
    parties: Parties, which: int, field: str, error: type[GmError]
) -> None:
    opened = parties.open(digests(2))
    items = items_of(parties.halves(opened))

    def attempt(value: Any) -> None:
        changed = list(items)
        changed[which] = dataclasses.replace(items[which], **{field: value})
        parties.finish(opened.session, changed)

    all_refused(getattr(items[which], field), attempt, error)


@pytest.mark.parametrize(
    ("field", "error"), [("sid", NoSession), ("e", BadOpening), ("c", BadOpening), ("k2", WrongPin)]
)
def test_flipped_bit_in_the_session_is_refused(parties: Parties, field: str, error: type[GmError]) -> None:
    opened = parties.open(digests(1))
    items = items_of(parties.halves(opened))
    (bound,) = opened.session

    def attempt(value: Any) -> None:
        parties.finish([dataclasses.replace(bound, **{field: value})], items)

    all_refused(getattr(bound, field), attempt, error)


def test_flipped_bit_in_uid_or_epoch_is_refused(parties: Parties) -> None:
    opened = parties.open(digests(1))
    items = items_of(parties.halves(opened))

    def attempt(other: Parties) -> None:
        other.finish(opened.session, items)

    all_refused(parties.uid, lambda uid: attempt(dataclasses.replace(parties, uid=uid)), BadOpening)
    for bit in range(32):
        with pytest.raises(BadOpening):
            attempt(dataclasses.replace(parties, epoch=parties.epoch ^ 1 << bit))


def test_flipped_bit_in_a_share_is_refused(parties: Parties) -> None:
    opened = parties.open(digests(1))
    items = items_of(parties.halves(opened))

    def with_d1(d1: int) -> None:
        parties.finish(opened.session, items_of(parties.halves(opened, d1=d1)))

    # A bit above n makes an invalid share: malformed before anything is computed.
    all_refused(parties.d1, with_d1, WrongPin, Malformed)
    all_refused(
        parties.d2,
        lambda d2: dataclasses.replace(parties, d2=d2 % N).finish(opened.session, items),
        WrongPin,
    )


@pytest.mark.parametrize("field", ["sid", "e", "c"])
def test_flipped_bit_in_a_nonce_proof_is_refused(parties: Parties, field: str) -> None:
    nonce = parties.commit(bytes(32))
    answer = parties.answer(nonce)

    def attempt(value: Any) -> None:
        check_nonce(
            parties.engine,
            uid=parties.uid,
            epoch=parties.epoch,
            nonce=dataclasses.replace(nonce, **{field: value}),
            Q2=answer.Q2,
            proof=answer.proof,
        )

    all_refused(getattr(nonce, field), attempt, BadProof)


def test_nonce_proof_values(parties: Parties) -> None:
    nonce = parties.commit(bytes(32))
    answer = parties.answer(nonce)

    def attempt(
        uid: bytes = parties.uid,
        epoch: int = parties.epoch,
        Q2: bytes = answer.Q2,
        proof: Proof = answer.proof,
    ) -> None:
        check_nonce(parties.engine, uid=uid, epoch=epoch, nonce=nonce, Q2=Q2, proof=proof)

    attempt()
    all_refused(parties.uid, lambda uid: attempt(uid=uid), BadProof)
    all_refused(answer.Q2, lambda Q2: attempt(Q2=Q2), BadProof)
    all_refused(answer.proof.A, lambda A: attempt(proof=Proof(A, answer.proof.z)), BadProof)
    all_refused(answer.proof.z, lambda z: attempt(proof=Proof(answer.proof.A, z)), BadProof)
    for bit in range(32):
        with pytest.raises(BadProof):
            attempt(epoch=parties.epoch ^ 1 << bit)


def test_flipped_bit_in_an_enrolment_is_refused(engine: Engine) -> None:
    uid, sid = bytes(range(16)), bytes(range(16, 32))
    phone = phone_enrol(engine, uid=uid, sid=sid)

    def attempt(uid: bytes = uid, sid: bytes = sid, P1: bytes = phone.P1, proof: Proof = phone.proof) -> None:
        check_enrolment(engine, uid=uid, sid=sid, P1=P1, proof=proof)

    attempt()
    all_refused(uid, lambda value: attempt(uid=value), BadProof)
    all_refused(sid, lambda value: attempt(sid=value), BadProof)
    all_refused(phone.P1, lambda value: attempt(P1=value), BadProof)
    all_refused(phone.proof.A, lambda value: attempt(proof=Proof(value, phone.proof.z)), BadProof)
    all_refused(phone.proof.z, lambda value: attempt(proof=Proof(phone.proof.A, value)), BadProof)


def test_flipped_bit_in_the_answer_is_refused(parties: Parties) -> None:
    (e,) = digests(1)
    opened = parties.open([e])
    (half,) = parties.halves(opened)
    (signature,) = parties.finish(opened.session, items_of([half]))

    def attempt(e: bytes = e, P: bytes = parties.P, signature: Signature = signature) -> None:
        check_answer(parties.engine, P=P, e=e, partial=half, signature=signature)

    attempt()
    all_refused(e, lambda value: attempt(e=value), BadAnswer)
    all_refused(parties.P, lambda value: attempt(P=value), BadAnswer)
    all_refused(signature.r, lambda value: attempt(signature=Signature(value, signature.s)), BadAnswer)
    all_refused(signature.s, lambda value: attempt(signature=Signature(signature.r, value)), BadAnswer)
