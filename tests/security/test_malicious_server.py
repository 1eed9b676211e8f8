"""The phone detects a server that cheats at enrolment or in an answer, even if the signatures are valid."""

import dataclasses

import pytest

from mshield.gm import sm2
from mshield.gm.cosign import Partial, check_answer, check_answer_values
from mshield.gm.curve import N
from mshield.gm.engine import Engine
from mshield.gm.errors import BadAnswer, BadSignature, WrongPin
from mshield.gm.sm2 import PrivateKey, Signature
from tests.unit.gm.parties import Parties, digests, items_of


@pytest.fixture
def parties(engine: Engine) -> Parties:
    return Parties.enrol(engine)


def half_and_answer(parties: Parties, e: bytes) -> tuple[Partial, Signature]:
    opened = parties.open([e])
    (half,) = parties.halves(opened)
    (signature,) = parties.finish(opened.session, items_of([half]))
    return half, signature


def test_control_the_honest_answer_passes(parties: Parties) -> None:
    (e,) = digests(1)
    half, signature = half_and_answer(parties, e)
    check_answer(parties.engine, P=parties.P, e=e, partial=half, signature=signature)


def test_key_known_to_the_server_alone_is_detected(parties: Parties) -> None:
    """The server returns its own `P` and signs with it: every signature is valid, and none is accepted."""
    engine = parties.engine
    own = sm2.generate(engine)
    (e,) = digests(1)
    half, _ = half_and_answer(parties, e)
    signature = sm2.sign_digest(engine, own, e)
    sm2.verify_digest(engine, own.public, e, signature)
    with pytest.raises(BadAnswer) as caught:
        check_answer(engine, P=own.public, e=e, partial=half, signature=signature)
    assert caught.value.code == "bad_answer"


def test_server_that_also_forces_r_is_detected(parties: Parties) -> None:
    """It knows `r` and `Q`, but `sG + (r+s)P = Q` for its own `P` needs the logarithm of `Q`."""
    engine = parties.engine
    own = PrivateKey(5, engine.mul_g(5))
    (e,) = digests(1)
    half, _ = half_and_answer(parties, e)
    for s in (1, 2, 1000):
        with pytest.raises(BadAnswer):
            check_answer(engine, P=own.public, e=e, partial=half, signature=Signature(half.r, s))


def test_r_of_the_opposite_point_is_detected(parties: Parties) -> None:
    """`Q` and `-Q` have the same x, so the same `r` and valid signatures: only comparing the points detects it."""
    engine = parties.engine
    (e,) = digests(1)
    half, signature = half_and_answer(parties, e)
    with pytest.raises(BadAnswer):
        check_answer_values(engine, P=parties.P, e=e, r=half.r, Q=engine.negate(half.Q), signature=signature)


def test_valid_signature_of_another_session_is_detected(parties: Parties) -> None:
    (e,) = digests(1)
    half, _ = half_and_answer(parties, e)
    _, other = half_and_answer(parties, e)
    sm2.verify_digest(parties.engine, parties.P, e, other)
    with pytest.raises(BadAnswer):
        check_answer(parties.engine, P=parties.P, e=e, partial=half, signature=other)


def test_signature_of_another_message_is_detected(parties: Parties) -> None:
    shown, signed = digests(2)
    half, signature = half_and_answer(parties, signed)
    with pytest.raises(BadAnswer):
        check_answer(parties.engine, P=parties.P, e=shown, partial=half, signature=signature)


@pytest.mark.parametrize("form", ["s + 1", "n - s", "s = 0", "s = n - r", "r + n", "s + n"])
def test_changed_numbers_are_detected(parties: Parties, form: str) -> None:
    (e,) = digests(1)
    half, signature = half_and_answer(parties, e)
    r, s = signature.r, signature.s
    changed = {
        "s + 1": Signature(r, (s + 1) % N),
        "n - s": Signature(r, N - s),
        "s = 0": Signature(r, 0),
        "s = n - r": Signature(r, N - r),
        "r + n": Signature(r + N, s),
        "s + n": Signature(r, s + N),
    }
    with pytest.raises(BadAnswer):
        check_answer(parties.engine, P=parties.P, e=e, partial=half, signature=changed[form])


def test_a_server_cannot_sign_without_the_phones_half(parties: Parties) -> None:
    """With `d2` and all of an earlier session but no new `s'`, nothing the server can compute verifies."""
    engine = parties.engine
    first, second = digests(2)
    half, signature = half_and_answer(parties, first)
    k2 = engine.random_scalar()
    for s_prime in (half.s_prime, 1, parties.d2):
        candidate = Signature(signature.r, (parties.d2 * (s_prime + k2) - signature.r) % N)
        with pytest.raises(BadSignature):
            sm2.verify_digest(engine, parties.P, second, candidate)


def test_half_for_one_key_is_refused_under_another(parties: Parties, engine: Engine) -> None:
    other = Parties.enrol(engine)
    opened = parties.open(digests(1))
    mixed = dataclasses.replace(parties, d2=other.d2, P=other.P)
    with pytest.raises(WrongPin):
        mixed.finish(opened.session, items_of(parties.halves(opened)))
