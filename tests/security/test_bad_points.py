"""Each step of either side refuses points off the curve with its own error."""

import dataclasses

import pytest

from mshield.gm.cosign import (
    Proof,
    check_answer_values,
    check_nonce,
    phone_enrol,
    phone_finish,
    server_enrol,
    server_finish,
)
from mshield.gm.curve import B, G, P
from mshield.gm.engine import Engine
from mshield.gm.errors import BadAnswer, BadOpening, BadPoint, BadProof, Malformed
from mshield.gm.sm2 import Signature
from mshield.gm.transcript import H, epoch_bytes
from tests.unit.gm.parties import Parties, digests, items_of
from tests.unit.gm.points import BAD_POINTS

everywhere = pytest.mark.parametrize("point", BAD_POINTS.values(), ids=BAD_POINTS)


@pytest.fixture
def parties(engine: Engine) -> Parties:
    return Parties.enrol(engine)


@everywhere
def test_enrolment_refuses_a_bad_point_as_p1_and_as_a(engine: Engine, point: bytes) -> None:
    uid, sid = bytes(16), bytes(range(16))
    phone = phone_enrol(engine, uid=uid, sid=sid)
    with pytest.raises(BadProof):
        server_enrol(engine, uid=uid, sid=sid, P1=point, proof=phone.proof)
    with pytest.raises(BadProof):
        server_enrol(engine, uid=uid, sid=sid, P1=phone.P1, proof=Proof(point, phone.proof.z))


@everywhere
def test_phone_refuses_a_bad_point_as_q2_and_as_a(parties: Parties, point: bytes) -> None:
    nonce = parties.commit(bytes(32))
    answer = parties.answer(nonce)
    for Q2, proof in ((point, answer.proof), (answer.Q2, Proof(point, answer.proof.z))):
        with pytest.raises(BadProof):
            check_nonce(parties.engine, uid=parties.uid, epoch=parties.epoch, nonce=nonce, Q2=Q2, proof=proof)
    with pytest.raises(BadProof):
        phone_finish(parties.engine, d1=parties.d1, nonce=nonce, Q2=point)


@everywhere
def test_server_refuses_a_committed_bad_point_as_q1(parties: Parties, point: bytes) -> None:
    nonce = parties.commit(bytes(32))
    parts = (nonce.sid, parties.uid, epoch_bytes(parties.epoch), nonce.e, point, nonce.rho)
    cheating = dataclasses.replace(nonce, Q1=point, c=H("commit", *parts))
    answer = parties.answer(cheating)
    bound = dataclasses.replace(parties.open(digests(1)).session[0], sid=nonce.sid, e=nonce.e, c=cheating.c)
    (item,) = items_of(parties.halves(parties.open(digests(1))))
    item = dataclasses.replace(item, sid=nonce.sid, Q1=point, rho=nonce.rho)
    assert answer.c == bound.c
    with pytest.raises(BadOpening):
        parties.finish([bound], [item])
    # Without the check of the openings, the arithmetic refuses it too.
    with pytest.raises(BadPoint):
        server_finish(parties.engine, P=parties.P, d2=parties.d2, session=[bound], items=[item])


@everywhere
def test_keys_off_the_curve_are_refused(parties: Parties, point: bytes) -> None:
    opened = parties.open(digests(1))
    items = items_of(parties.halves(opened))
    with pytest.raises(BadPoint):
        dataclasses.replace(parties, P=point).finish(opened.session, items)
    with pytest.raises(BadPoint):
        parties.finish(opened.session, items, P1=point)
    with pytest.raises(BadAnswer):
        check_answer_values(parties.engine, P=point, e=bytes(32), r=1, Q=G, signature=Signature(1, 1))


def test_point_of_small_order_on_another_curve_is_refused(parties: Parties) -> None:
    """The invalid-curve attack needs small orders: (x, 0) has order 2 on the curve with another b."""
    x = 5
    assert pow(x, 3, P) - 3 * x + B != 0
    low_order = b"\x04" + x.to_bytes(32, "big") + bytes(32)
    nonce = parties.commit(bytes(32))
    with pytest.raises(BadProof):
        phone_finish(parties.engine, d1=parties.d1, nonce=nonce, Q2=low_order)
    with pytest.raises(BadPoint):
        parties.engine.mul(parties.d2, low_order)


def test_lengths_are_checked_before_hashing(parties: Parties) -> None:
    opened = parties.open(digests(1))
    (item,) = items_of(parties.halves(opened))
    with pytest.raises(Malformed):
        parties.finish(opened.session, [dataclasses.replace(item, rho=bytes(31))])
