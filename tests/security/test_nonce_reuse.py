"""A server nonce used twice reveals the server's share to a malicious phone; the derivation prevents it.

Each attack is first shown to work on reused nonces, then run against two answers of the real server that drew
the same `w`, like a machine restored from a snapshot.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from mshield.gm.cosign import ServerNonce, server_finish
from mshield.gm.curve import G, N
from mshield.gm.engine import Engine
from mshield.gm.proofs import prove_with_nonce
from mshield.gm.transcript import Hn, nonce_context
from tests.unit.gm.parties import Opened, Parties, items_of

W = bytes(range(32))


@dataclass(frozen=True, slots=True)
class Seen:
    """The phone's values of one finished item: `t = s + r = d2(s' + k2)`, its own `s'`, the proof's `h` and `z`."""

    t: int
    s_prime: int
    h: int
    z: int


@pytest.fixture
def parties(engine: Engine) -> Parties:
    return Parties.enrol(engine)


def from_equal_nonces(first: Seen, second: Seen) -> int:
    """Computes d2: `t1 - t2 = d2(s1' - s2')` if `k2` is the same."""
    return (first.t - second.t) * pow(first.s_prime - second.s_prime, -1, N) % N


def from_equal_proof_nonces(first: Seen, second: Seen) -> int:
    """Computes d2: `z1 - z2 = h1·k2_1 - h2·k2_2` if only `a` is the same, with `d2·k2 = t - d2·s'`."""
    known = first.h * first.t - second.h * second.t
    factor = first.z - second.z + first.h * first.s_prime - second.h * second.s_prime
    return known * pow(factor, -1, N) % N


def run(parties: Parties, answer: Callable[[bytes, bytes, bytes], ServerNonce]) -> tuple[Seen, Seen]:
    """Runs two sessions in turn over one document; only the commitments differ."""
    seen = []
    for commitment in (parties.commit(bytes(32)), parties.commit(bytes(32))):
        nonce = dataclasses.replace(commitment, sid=bytes(16))
        answered = answer(nonce.sid, nonce.e, nonce.c)
        opened = Opened((nonce,), (answered,))
        (half,) = parties.halves(opened)
        (signature,) = server_finish(
            parties.engine, P=parties.P, d2=parties.d2, session=opened.session, items=items_of([half])
        )
        context = nonce_context(uid=parties.uid, epoch=parties.epoch, sid=nonce.sid, e=nonce.e, c=nonce.c)
        h = Hn("nonce-pok", context, G, answered.Q2, answered.proof.A)
        seen.append(Seen(signature.s + signature.r, half.s_prime, h, answered.proof.z))
    return seen[0], seen[1]


def careless(
    parties: Parties, k2s: list[int], a_values: list[int]
) -> Callable[[bytes, bytes, bytes], ServerNonce]:
    """Returns a server that takes its nonces from lists, whatever the commitment."""
    engine = parties.engine

    def answer(sid: bytes, e: bytes, c: bytes) -> ServerNonce:
        k2, a = k2s.pop(), a_values.pop()
        Q2 = engine.mul_g(k2)
        context = nonce_context(uid=parties.uid, epoch=parties.epoch, sid=sid, e=e, c=c)
        return ServerNonce(sid, e, c, k2, Q2, prove_with_nonce(engine, k2, Q2, "nonce-pok", context, a=a))

    return answer


def restored(parties: Parties) -> Callable[[bytes, bytes, bytes], ServerNonce]:
    """Returns the real server with the same "fresh" randomness each time."""

    def answer(sid: bytes, e: bytes, c: bytes) -> ServerNonce:
        return parties.answer(dataclasses.replace(parties.commit(e), sid=sid, c=c), w=W)

    return answer


def test_control_one_k2_for_two_commitments_reveals_the_share(parties: Parties) -> None:
    first, second = run(parties, careless(parties, [77, 77], [5, 6]))
    assert from_equal_nonces(first, second) == parties.d2


def test_control_one_proof_nonce_for_two_commitments_reveals_the_share(parties: Parties) -> None:
    first, second = run(parties, careless(parties, [77, 78], [5, 5]))
    assert from_equal_nonces(first, second) != parties.d2
    assert from_equal_proof_nonces(first, second) == parties.d2


def test_repeated_randomness_reveals_nothing(parties: Parties) -> None:
    first, second = run(parties, restored(parties))
    assert from_equal_nonces(first, second) != parties.d2
    assert from_equal_proof_nonces(first, second) != parties.d2


def test_repeated_randomness_gives_other_nonces_for_another_commitment(parties: Parties) -> None:
    nonces = [parties.commit(bytes(32)) for _ in range(2)]
    same_sid = dataclasses.replace(nonces[1], sid=nonces[0].sid)
    first, second = parties.answer(nonces[0], w=W), parties.answer(same_sid, w=W)
    assert first.sid == second.sid
    assert first.k2 != second.k2
    assert first.proof.A != second.proof.A


def test_repeated_randomness_gives_other_nonces_for_another_content(parties: Parties) -> None:
    """Attack B: `sid` repeats with `w`, the phone repeats `c`, and the business system submits another content."""
    nonce = parties.commit(bytes(32))
    other = dataclasses.replace(nonce, e=bytes(31) + b"1")
    first, second = parties.answer(nonce, w=W), parties.answer(other, w=W)
    hs = [_challenge(parties, each) for each in (first, second)]
    k2 = (first.proof.z - second.proof.z) * pow(hs[0] - hs[1], -1, N) % N
    assert k2 != first.k2  # what the phone would compute if only `e` differed
    assert first.k2 != second.k2
    assert first.proof.A != second.proof.A


def _challenge(parties: Parties, nonce: ServerNonce) -> int:
    context = nonce_context(uid=parties.uid, epoch=parties.epoch, sid=nonce.sid, e=nonce.e, c=nonce.c)
    return Hn("nonce-pok", context, G, nonce.Q2, nonce.proof.A)


def test_each_input_of_the_derivation_changes_both_nonces(parties: Parties) -> None:
    nonce = parties.commit(bytes(32))
    other_share = dataclasses.replace(parties, d2=parties.d2 ^ 1)
    other_sid = dataclasses.replace(nonce, sid=bytes(16))
    answers = [
        parties.answer(nonce, w=W),
        parties.answer(nonce, w=bytes(32)),
        parties.answer(other_sid, w=W),
        parties.answer(dataclasses.replace(nonce, e=bytes(31) + b"1"), w=W),
        parties.answer(dataclasses.replace(nonce, c=bytes(32)), w=W),
        dataclasses.replace(parties, epoch=parties.epoch + 1).answer(nonce, w=W),
        dataclasses.replace(parties, uid=bytes(16)).answer(nonce, w=W),
        other_share.answer(nonce, w=W),
    ]
    assert len({answer.k2 for answer in answers}) == len(answers)
    assert len({answer.proof.A for answer in answers}) == len(answers)
    # k2 isn't the proof's nonce either.
    assert all(answer.Q2 != answer.proof.A for answer in answers)


def test_the_same_inputs_give_the_same_answer(parties: Parties) -> None:
    nonce = parties.commit(bytes(32))
    assert parties.answer(nonce, w=W) == parties.answer(nonce, w=W)


def test_the_same_body_again_gives_the_same_answer_and_no_second_equation(parties: Parties) -> None:
    opened = parties.open([bytes(32)])
    items = items_of(parties.halves(opened))
    assert parties.finish(opened.session, items) == parties.finish(opened.session, items)
