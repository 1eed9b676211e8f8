"""Right shares always sign, wrong ones never, and every deviation gives the protocol's error."""

import dataclasses
import hmac
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mshield.gm.cosign import (
    FinishItem,
    Proof,
    check_enrolment,
    check_nonce,
    next_phone_share,
    next_server_share,
    phone_enrol,
)
from mshield.gm.curve import N
from mshield.gm.engine import Engine
from mshield.gm.enrolment import joint_key
from mshield.gm.errors import BadOpening, BadProof, NoSession, WrongPin
from mshield.gm.mask import derive_pin_key, hide, mask, reveal
from tests.property.gm.strategies import digests, epochs, ids, scalars, values_256
from tests.unit.gm import reference
from tests.unit.gm.parties import Parties, items_of

# The engine fixture has no state, so all examples may share it.
examples = partial(settings, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
batches = st.lists(digests, min_size=1, max_size=8)


def parties_of(engine: Engine, uid: bytes, epoch: int, d1: int, d2: int) -> Parties:
    P1 = engine.mul_g(engine.invert(d1))
    P = joint_key(engine, d2=d2, P1=P1)
    assume(P is not None)
    assert P is not None
    return Parties(engine, uid, epoch, d1, d2, P1, P)


@examples(max_examples=40)
@given(uid=ids, epoch=epochs, d1=scalars, d2=scalars, wanted=batches)
def test_right_shares_sign(
    engine: Engine, *, uid: bytes, epoch: int, d1: int, d2: int, wanted: list[bytes]
) -> None:
    parties = parties_of(engine, uid, epoch, d1, d2)
    for e, signature in zip(wanted, parties.sign(wanted), strict=True):
        assert reference.verifies(parties.P, e, signature.r, signature.s)


@examples(max_examples=40)
@given(d1=scalars, d2=scalars, other=scalars, wanted=batches, data=st.data())
def test_one_wrong_share_fails_the_whole_batch(
    engine: Engine, *, d1: int, d2: int, other: int, wanted: list[bytes], data: st.DataObject
) -> None:
    assume(other != d1)
    parties = parties_of(engine, bytes(16), 0, d1, d2)
    opened = parties.open(wanted)
    items = items_of(parties.halves(opened))
    wrong = items_of(parties.halves(opened, d1=other))
    index = data.draw(st.integers(0, len(items) - 1))
    with pytest.raises(WrongPin):
        parties.finish(opened.session, [*items[:index], wrong[index], *items[index + 1 :]])
    with pytest.raises(WrongPin):
        parties.finish(opened.session, wrong)
    assert parties.finish(opened.session, items)


@examples(max_examples=40)
@given(st.integers(0, 999_999), st.integers(0, 999_999))
def test_wrong_pin_never_signs(engine: Engine, right: int, wrong: int) -> None:
    assume(right != wrong)
    parties = Parties.enrol(engine)
    keyed = partial(hmac.digest, bytes(range(32)), digest="sha256")

    def value(pin: int) -> int:
        K = derive_pin_key(f"{pin:06d}", bytes(16), 1)
        return mask(keyed, uid=parties.uid, epoch=0, salt=bytes(16), K=K)

    blob = hide(parties.d1, value(right))
    opened = parties.open([bytes(32)])
    with pytest.raises(WrongPin):
        parties.finish(opened.session, items_of(parties.halves(opened, d1=reveal(blob, value(wrong)))))
    assert parties.finish(opened.session, items_of(parties.halves(opened, d1=reveal(blob, value(right)))))


@examples(max_examples=60)
@given(values_256)
def test_any_other_s_prime_is_a_wrong_pin(engine: Engine, s_prime: int) -> None:
    parties = Parties.enrol(engine)
    opened = parties.open([bytes(32)])
    (item,) = items_of(parties.halves(opened))
    assume(s_prime != item.s_prime)
    with pytest.raises(WrongPin):
        parties.finish(opened.session, [dataclasses.replace(item, s_prime=s_prime)])


@examples(max_examples=60)
@given(batches.filter(lambda batch: len(batch) > 1), st.data())
def test_any_other_order_or_choice_is_no_session(
    engine: Engine, wanted: list[bytes], data: st.DataObject
) -> None:
    parties = Parties.enrol(engine)
    opened = parties.open(wanted)
    items = items_of(parties.halves(opened))
    chosen = data.draw(st.lists(st.sampled_from(range(len(items))), max_size=len(items) + 1))
    assume(chosen != list(range(len(items))))
    with pytest.raises(NoSession):
        parties.finish(opened.session, [items[index] for index in chosen])


@examples(max_examples=40)
@given(st.sampled_from(("rho", "Q1")), scalars, st.binary(min_size=32, max_size=32))
def test_any_other_opening_is_refused(engine: Engine, what: str, k: int, rho: bytes) -> None:
    parties = Parties.enrol(engine)
    opened = parties.open([bytes(32), bytes(32)])
    first, second = items_of(parties.halves(opened))
    change: dict[str, Callable[[FinishItem], FinishItem]] = {
        "rho": lambda item: dataclasses.replace(item, rho=rho),
        "Q1": lambda item: dataclasses.replace(item, Q1=engine.mul_g(k)),
    }
    changed = change[what](second)
    assume(changed != second)
    with pytest.raises(BadOpening):
        parties.finish(opened.session, [first, changed])


@examples(max_examples=40)
@given(scalars, scalars)
def test_any_other_proof_is_refused(engine: Engine, a: int, z: int) -> None:
    """A well-formed proof by someone who doesn't know the logarithm."""
    forged = Proof(engine.mul_g(a), z)
    uid, sid = bytes(16), bytes(range(16))
    phone = phone_enrol(engine, uid=uid, sid=sid)
    with pytest.raises(BadProof):
        check_enrolment(engine, uid=uid, sid=sid, P1=phone.P1, proof=forged)
    parties = Parties.enrol(engine)
    nonce = parties.commit(bytes(32))
    with pytest.raises(BadProof):
        check_nonce(engine, uid=parties.uid, epoch=0, nonce=nonce, Q2=parties.answer(nonce).Q2, proof=forged)


@examples(max_examples=25)
@given(scalars, scalars, st.lists(scalars, min_size=1, max_size=4))
def test_refreshed_shares_keep_the_key(engine: Engine, d1: int, d2: int, taus: list[int]) -> None:
    parties = parties_of(engine, bytes(16), 0, d1, d2)
    fresh = parties
    for epoch, tau in enumerate(taus, start=1):
        fresh = dataclasses.replace(
            fresh,
            epoch=epoch,
            d1=next_phone_share(fresh.d1, tau),
            d2=next_server_share(engine, fresh.d2, tau),
        )
    assert fresh.d1 * fresh.d2 % N == d1 * d2 % N
    fresh.sign([bytes(32)])
