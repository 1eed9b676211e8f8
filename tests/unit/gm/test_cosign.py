import dataclasses
import secrets

import pytest

from mshield.gm import enrolment, server
from mshield.gm.cosign import (
    FinishItem,
    Proof,
    SessionItem,
    check_openings,
    check_proof,
    next_phone_share,
    next_server_share,
    phone_enrol,
    phone_finish,
    prove,
    server_enrol,
    server_finish,
)
from mshield.gm.curve import G, N
from mshield.gm.engine import Engine
from mshield.gm.errors import (
    BadOpening,
    BadProof,
    Fault,
    NoSession,
    Retry,
    WrongPin,
)
from mshield.gm.sm2 import Signature, verify_digest
from tests.unit.gm import reference
from tests.unit.gm.counting import CountingEngine
from tests.unit.gm.parties import Parties, digests, items_of

SCALARS_OUT_OF_RANGE = [0, N, N + 1, (1 << 256) - 1]


@pytest.fixture
def parties(engine: Engine) -> Parties:
    return Parties.enrol(engine)


# ---- enrolment ----


def test_joint_key_is_that_of_both_shares(parties: Parties) -> None:
    d = (pow(parties.d1 * parties.d2, -1, N) - 1) % N
    assert parties.engine.mul_g(d) == parties.P
    assert enrolment.phone_point(parties.engine, d2=parties.d2, P=parties.P) == parties.P1


def test_server_share_that_gives_infinity_is_redrawn(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    uid, sid = bytes(16), bytes(16)
    phone = phone_enrol(engine, uid=uid, sid=sid)
    draws = iter((0, engine.invert(phone.d1), 5))  # d1·d2 = 1 means d = 0
    monkeypatch.setattr(enrolment, "Hn", lambda *_: next(draws))
    assert server_enrol(engine, uid=uid, sid=sid, P1=phone.P1, proof=phone.proof).d2 == 5


def test_key_of_minus_g_is_refused(engine: Engine) -> None:
    with pytest.raises(Fault):
        enrolment.phone_point(engine, d2=5, P=engine.negate(G))


def test_enrolment_proof_is_bound_to_both_ids(engine: Engine) -> None:
    uid, sid, other = bytes(16), bytes(range(16)), bytes([1] * 16)
    phone = phone_enrol(engine, uid=uid, sid=sid)
    for ids in ({"uid": other, "sid": sid}, {"uid": uid, "sid": other}, {"uid": sid, "sid": uid}):
        with pytest.raises(BadProof):
            server_enrol(engine, P1=phone.P1, proof=phone.proof, **ids)


# ---- proofs ----


def test_proof_is_bound_to_subject_tag_and_context(engine: Engine) -> None:
    x = engine.random_scalar()
    X = engine.mul_g(x)
    proof = prove(engine, x, X, "enrol-pok", b"context")
    check_proof(engine, X, "enrol-pok", b"context", proof)
    with pytest.raises(BadProof):
        check_proof(engine, X, "nonce-pok", b"context", proof)
    with pytest.raises(BadProof):
        check_proof(engine, X, "enrol-pok", b"another", proof)
    with pytest.raises(BadProof):
        check_proof(engine, engine.mul_g(3), "enrol-pok", b"context", proof)


@pytest.mark.parametrize("z", SCALARS_OUT_OF_RANGE)
def test_z_out_of_range_is_a_bad_proof(engine: Engine, z: int) -> None:
    with pytest.raises(BadProof):
        check_proof(engine, G, "enrol-pok", b"", Proof(G, z))


def test_z_that_only_wraps_is_a_bad_proof(engine: Engine) -> None:
    proof = prove(engine, 5, engine.mul_g(5), "enrol-pok", b"")
    with pytest.raises(BadProof):
        check_proof(engine, engine.mul_g(5), "enrol-pok", b"", Proof(proof.A, proof.z + N))


# ---- signing ----


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("given", [False, True], ids=["P1 computed", "P1 given"])
def test_signatures_verify_by_an_independent_judge(parties: Parties, count: int, *, given: bool) -> None:
    wanted = digests(count)
    signatures = parties.sign(wanted, P1=parties.P1 if given else None)
    for e, signature in zip(wanted, signatures, strict=True):
        assert reference.verifies(parties.P, e, signature.r, signature.s)


def test_digest_above_n_is_signed(parties: Parties) -> None:
    (signature,) = parties.sign([b"\xff" * 32])
    assert reference.verifies(parties.P, b"\xff" * 32, signature.r, signature.s)


def test_64_documents_in_one_session(parties: Parties) -> None:
    assert len(parties.sign(digests(64))) == 64


def test_wrong_share_is_a_wrong_pin(parties: Parties) -> None:
    opened = parties.open(digests(1))
    with pytest.raises(WrongPin) as caught:
        parties.finish(opened.session, items_of(parties.halves(opened, d1=parties.d1 ^ 1)))
    assert caught.value.code == "wrong_pin"


@pytest.mark.parametrize("s_prime", SCALARS_OUT_OF_RANGE)
def test_s_prime_out_of_range_is_a_wrong_pin(parties: Parties, s_prime: int) -> None:
    opened = parties.open(digests(1))
    (item,) = items_of(parties.halves(opened))
    with pytest.raises(WrongPin):
        parties.finish(opened.session, [dataclasses.replace(item, s_prime=s_prime)])


def test_s_prime_that_wraps_around_n_is_a_wrong_pin(parties: Parties) -> None:
    # The same number mod n; only one form may pass, or a `finish` could be sent in two forms.
    opened = parties.open(digests(1))
    (item,) = items_of(parties.halves(opened))
    wrapped = dataclasses.replace(item, s_prime=item.s_prime + N)
    with pytest.raises(WrongPin):
        parties.finish(opened.session, [wrapped])


def test_number_out_of_range_is_refused_even_if_one_is_right(parties: Parties) -> None:
    # Here the right s' is 1, which the server also uses in its computation in place of an invalid s'.
    engine, k1, k2, sid = parties.engine, 5, 7, bytes(16)
    Q1 = engine.mul_g(k1)
    Q = engine.add(Q1, engine.mul(k2, parties.P1))
    assert Q is not None
    r = (engine.invert(parties.d1) - k1) % N
    e = ((r - int.from_bytes(Q[1:33], "big")) % N).to_bytes(32, "big")
    session = [SessionItem(sid, e, bytes(32), k2)]

    def finish(s_prime: int) -> tuple[Signature, ...]:
        items = [FinishItem(sid, Q1, bytes(32), s_prime)]
        return server_finish(engine, P=parties.P, d2=parties.d2, session=session, items=items)

    assert finish(1)
    for s_prime in (0, 2, N, N + 1, -1):
        with pytest.raises(WrongPin):
            finish(s_prime)


def test_every_fault_takes_the_same_work(engine: Engine) -> None:
    counting = CountingEngine(engine)
    parties = Parties.enrol(counting)
    opened = parties.open(digests(4))
    right = items_of(parties.halves(opened))
    guesses = [right]
    for index in range(4):
        for s_prime in (0, 1, N, right[index].s_prime ^ 1):
            guess = list(right)
            guess[index] = dataclasses.replace(right[index], s_prime=s_prime)
            guesses.append(guess)
    guesses.append([dataclasses.replace(item, s_prime=1) for item in right])
    texts, counts = set(), []
    for guess in guesses:
        counting.counts.clear()
        try:
            parties.finish(opened.session, guess)
        except WrongPin as error:
            texts.add(str(error))
        counts.append({**counting.counts, "verify": 0})
    assert all(count == counts[0] for count in counts)
    assert len(texts) == 1


def test_retry_when_a_sum_vanishes(parties: Parties) -> None:
    engine = parties.engine
    k2 = 12345
    shared = engine.mul(k2, parties.P1)
    assert shared is not None
    sid, rho = bytes(16), bytes(32)

    def attempt(Q1: bytes, e: bytes) -> None:
        session, items = [SessionItem(sid, e, bytes(32), k2)], [FinishItem(sid, Q1, rho, 1)]
        with pytest.raises(Retry) as caught:
            server_finish(engine, P=parties.P, d2=parties.d2, session=session, items=items)
        assert caught.value.code == "retry"

    attempt(engine.negate(shared), bytes(32))  # Q = O
    Q = engine.add(G, shared)
    assert Q is not None
    x = int.from_bytes(Q[1:33], "big")
    attempt(G, (-x % N).to_bytes(32, "big"))  # r = 0
    # rG + Q = O for Q = -rG: choose r, then Q1 = -rG - k2·P1 and e = r - x(Q).
    minus = engine.negate(engine.mul_g(77))
    Q1 = engine.add(minus, engine.negate(shared))
    assert Q1 is not None
    attempt(Q1, ((77 - int.from_bytes(minus[1:33], "big")) % N).to_bytes(32, "big"))


def test_phone_begins_again_when_a_sum_vanishes(parties: Parties) -> None:
    engine, d1 = parties.engine, parties.d1
    nonce = parties.commit(bytes(32))
    Q2 = engine.mul(d1, engine.negate(nonce.Q1))
    assert Q2 is not None
    with pytest.raises(Retry):
        phone_finish(engine, d1=d1, nonce=nonce, Q2=Q2)  # Q = O
    Q2 = engine.mul_g(5)
    x = int.from_bytes(phone_finish(engine, d1=d1, nonce=nonce, Q2=Q2).Q[1:33], "big")
    for e in (-x % N, (-x - nonce.k1) % N):  # r = 0, then s' = 0
        changed = dataclasses.replace(nonce, e=e.to_bytes(32, "big"))
        with pytest.raises(Retry):
            phone_finish(engine, d1=d1, nonce=changed, Q2=Q2)


def test_own_result_that_does_not_verify_is_a_fault(parties: Parties) -> None:
    # The sealed P1 is right, but the key of the record is not: nothing may be released.
    opened = parties.open(digests(1))
    wrong = dataclasses.replace(parties, P=parties.engine.mul_g(5))
    with pytest.raises(Fault) as caught:
        wrong.finish(opened.session, items_of(parties.halves(opened)), P1=parties.P1)
    assert caught.value.code == "fault"


def test_one_faulty_item_releases_nothing(parties: Parties, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = parties.open(digests(3))
    items = items_of(parties.halves(opened))
    seen: list[bytes] = []

    def verify(engine: Engine, P: bytes, e: bytes, signature: Signature) -> None:
        seen.append(e)
        verify_digest(engine, P, e if len(seen) < 3 else bytes(32), signature)

    monkeypatch.setattr(server, "verify_digest", verify)
    with pytest.raises(Fault):
        parties.finish(opened.session, items)
    assert len(seen) == 3


# ---- openings ----


def test_items_must_be_those_of_the_session(parties: Parties) -> None:
    opened = parties.open(digests(3))
    a, b, c = items_of(parties.halves(opened))
    stranger = dataclasses.replace(c, sid=secrets.token_bytes(16))
    for items in ([], [a], [a, b], [b, a, c], [a, b, b], [a, b, c, c], [a, b, stranger]):
        with pytest.raises(NoSession) as caught:
            parties.finish(opened.session, items)
        assert caught.value.code == "no_session"
    with pytest.raises(NoSession):
        parties.finish([], [])


def test_commitments_must_open(parties: Parties) -> None:
    engine = parties.engine
    opened = parties.open(digests(2))
    a, b = items_of(parties.halves(opened))
    session = opened.session
    for changed in (
        dataclasses.replace(a, rho=b.rho),
        dataclasses.replace(a, Q1=b.Q1),
        dataclasses.replace(a, Q1=engine.negate(a.Q1)),
        dataclasses.replace(a, Q1=b.Q1, rho=b.rho),
    ):
        with pytest.raises(BadOpening) as caught:
            parties.finish(session, [changed, b])
        assert caught.value.code == "bad_opening"
    for other in (
        dataclasses.replace(parties, uid=bytes(16)),
        dataclasses.replace(parties, epoch=parties.epoch + 1),
    ):
        with pytest.raises(BadOpening):
            check_openings(engine, uid=other.uid, epoch=other.epoch, session=session, items=[a, b])
    with pytest.raises(BadOpening):
        parties.finish([dataclasses.replace(session[0], e=bytes(32)), session[1]], [a, b])


def test_openings_need_no_k2(parties: Parties) -> None:
    opened = parties.open(digests(1))
    items = items_of(parties.halves(opened))
    check_openings(parties.engine, uid=parties.uid, epoch=parties.epoch, session=opened.nonces, items=items)


# ---- shares ----


def test_refreshed_shares_sign_for_the_same_key(parties: Parties) -> None:
    tau = parties.engine.random_scalar()
    fresh = dataclasses.replace(
        parties,
        epoch=1,
        d1=next_phone_share(parties.d1, tau),
        d2=next_server_share(parties.engine, parties.d2, tau),
    )
    fresh.sign(digests(2))
    for mixed in (dataclasses.replace(fresh, d1=parties.d1), dataclasses.replace(fresh, d2=parties.d2)):
        opened = mixed.open(digests(1))
        with pytest.raises(WrongPin):
            mixed.finish(opened.session, items_of(mixed.halves(opened)))


# ---- what may be seen ----
