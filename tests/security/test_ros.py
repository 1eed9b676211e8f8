"""The ROS attack: with many open nonces, a malicious phone forges a message that no one agreed to.

It works against a server that lets the phone choose its nonces after the server's; the first test shows that
this code is a real attack. Against the real server the same code fails, since every `Q1` is bound before its
`Q2`.

Notation. With `D = d1·d2` and `κ = d1^-1·k2`, a finished item gives the phone `t = s + r = D(κ + c)` where `c
= k1 + r` and `K = κG = d1^-1·Q2` is known. A sum `Σ ρ·t` is a valid `t*` for the nonce `Q* = Σ ρ·K` if `Σ ρ·c
= r*`. Two choices of `k1` per item make the sum of the `ρ·c` any wanted number, bit by bit (Benhamouda,
Lepoint, Loss, Orrù, Raykova: On the (in)security of ROS, eprint 2020/945).
"""

import dataclasses
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from mshield.gm.cosign import FinishItem, PhoneNonce, ServerNonce, SessionItem, server_finish
from mshield.gm.curve import N, affine_x
from mshield.gm.engine import Engine
from mshield.gm.errors import BadOpening, BadSignature
from mshield.gm.sm2 import Signature, digest, verify_digest
from mshield.gm.transcript import commitment
from tests.unit.gm import reference
from tests.unit.gm.parties import Opened, Parties, items_of

SESSIONS = 257


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to finish an item: a nonce and the number `c` that it gives."""

    k1: int
    Q1: bytes
    c: int


@dataclass(frozen=True, slots=True)
class Forgery:
    """Forgery attempt: the phone's values for all items, and the combination of the answers for another message."""

    items: tuple[FinishItem, ...]
    weights: tuple[int, ...]
    r: int

    def combine(self, signatures: Sequence[Signature]) -> Signature:
        t = sum(rho * (answer.r + answer.s) for rho, answer in zip(self.weights, signatures, strict=True))
        return Signature(self.r, (t - self.r) % N)


class MaliciousPhone:
    """A phone that knows `d1` and everything the server sends, and wants a signature over `target`."""

    def __init__(self, parties: Parties, target: bytes) -> None:
        self._engine, self._d1, self._target = parties.engine, parties.d1, target
        self._inverse = parties.engine.invert(parties.d1)

    def solve(self, nonces: Sequence[PhoneNonce], answers: Sequence[ServerNonce]) -> Forgery:
        """Chooses a nonce for each item so that the combination of all answers signs the target."""
        points = [self._shared(answer.Q2) for answer in answers]
        choices = [self._choices(nonce, K) for nonce, K in zip(nonces, points, strict=True)]
        weights = [pow(2, i, N) * pow(b.c - a.c, -1, N) % N for i, (a, b) in enumerate(choices)]
        r = (int.from_bytes(self._target, "big") + affine_x(self._sum(weights, points))) % N
        # Σ ρ·c = Σ ρ·c0 + Σ 2^i over the items with the second choice: that number's bits are the choices.
        bits = (r - sum(rho * a.c for rho, (a, _) in zip(weights, choices, strict=True))) % N
        chosen = [pair[bits >> i & 1] for i, pair in enumerate(choices)]
        items = tuple(
            FinishItem(nonce.sid, choice.Q1, nonce.rho, self._d1 * choice.c % N)
            for nonce, choice in zip(nonces, chosen, strict=True)
        )
        return Forgery(items, tuple(weights), r)

    def _choices(self, nonce: PhoneNonce, K: bytes) -> tuple[Choice, Choice]:
        """Returns the committed nonce and another one."""
        return self._choice(nonce.k1, nonce.e, K), self._choice(self._engine.random_scalar(), nonce.e, K)

    def _choice(self, k1: int, e: bytes, K: bytes) -> Choice:
        Q1 = self._engine.mul_g(k1)
        Q = self._engine.add(Q1, K)
        assert Q is not None
        return Choice(k1, Q1, (k1 + int.from_bytes(e, "big") + affine_x(Q)) % N)

    def _shared(self, Q2: bytes) -> bytes:
        point = self._engine.mul(self._inverse, Q2)
        assert point is not None
        return point

    def _sum(self, weights: Sequence[int], points: Sequence[bytes]) -> bytes:
        total: bytes | None = None
        for rho, point in zip(weights, points, strict=True):
            total = self._engine.add(total, self._engine.mul(rho, point))
        assert total is not None
        return total


def unbound_finish(
    parties: Parties, session: Sequence[SessionItem], items: Sequence[FinishItem]
) -> tuple[Signature, ...]:
    """The control: a server that doesn't check the openings, and otherwise equals the real one."""
    return server_finish(parties.engine, P=parties.P, d2=parties.d2, session=session, items=items)


@pytest.fixture
def parties(engine: Engine) -> Parties:
    return Parties.enrol(engine)


@pytest.fixture
def target(parties: Parties) -> bytes:
    return digest(parties.P, b"a contract that the server never saw")


def agreed(parties: Parties) -> list[bytes]:
    return [digest(parties.P, b"agreed message %d" % i) for i in range(SESSIONS)]


def open_all(parties: Parties) -> Opened:
    nonces = tuple(parties.commit(e) for e in agreed(parties))
    return Opened(nonces, tuple(map(parties.answer, nonces)))


def test_control_the_attack_forges_against_a_server_without_binding(parties: Parties, target: bytes) -> None:
    opened = open_all(parties)
    assert target not in {nonce.e for nonce in opened.nonces}
    forgery = MaliciousPhone(parties, target).solve(opened.nonces, opened.answers)
    signatures = unbound_finish(parties, opened.session, forgery.items)
    forged = forgery.combine(signatures)
    verify_digest(parties.engine, parties.P, target, forged)
    assert reference.verifies(parties.P, target, forged.r, forged.s)


def test_single_batch_of_257_is_refused(parties: Parties, target: bytes) -> None:
    opened = open_all(parties)
    forgery = MaliciousPhone(parties, target).solve(opened.nonces, opened.answers)
    with pytest.raises(BadOpening):
        parties.finish(opened.session, forgery.items)


def test_257_sessions_side_by_side_are_refused(parties: Parties, target: bytes) -> None:
    """Even with many concurrent sessions, each one whose nonce was replaced is refused."""
    opened = open_all(parties)
    forgery = MaliciousPhone(parties, target).solve(opened.nonces, opened.answers)
    signatures: list[Signature] = []
    refused = 0
    for bound, item, nonce in zip(opened.session, forgery.items, opened.nonces, strict=True):
        try:
            signatures += parties.finish([bound], [item])
        except BadOpening:
            refused += 1
            assert item.Q1 != nonce.Q1
        else:
            assert item.Q1 == nonce.Q1
    # About half of the bits are one; fewer than 64 has a probability below 2^-50.
    assert refused > 64
    assert len(signatures) + refused == SESSIONS


def test_answers_to_bound_nonces_combine_to_no_forgery(parties: Parties, target: bytes) -> None:
    opened = open_all(parties)
    forgery = MaliciousPhone(parties, target).solve(opened.nonces, opened.answers)
    signatures = parties.finish(opened.session, items_of(parties.halves(opened)))
    with pytest.raises(BadSignature):
        verify_digest(parties.engine, parties.P, target, forgery.combine(signatures))


def test_a_commitment_to_one_nonce_does_not_open_to_another(parties: Parties, target: bytes) -> None:
    """The phone tries each part of its opening that it may choose: `rho` and the nonce's sign."""
    opened = open_all(parties)
    forgery = MaliciousPhone(parties, target).solve(opened.nonces, opened.answers)
    index = next(i for i, item in enumerate(forgery.items) if item.Q1 != opened.nonces[i].Q1)
    bound, item = opened.session[index], forgery.items[index]
    for rho in (item.rho, bytes(32), bound.c, *(secrets.token_bytes(32) for _ in range(50))):
        for Q1 in (item.Q1, parties.engine.negate(item.Q1)):
            with pytest.raises(BadOpening):
                parties.finish([bound], [dataclasses.replace(item, Q1=Q1, rho=rho)])


def test_commitment_depends_on_everything_it_binds(parties: Parties) -> None:
    other = bytes(15) + b"\x01"
    base: dict[str, Any] = {
        "uid": bytes(16),
        "epoch": 0,
        "sid": bytes(16),
        "e": bytes(32),
        "Q1": parties.engine.mul_g(5),
        "rho": bytes(32),
    }
    changes: list[dict[str, Any]] = [
        {},
        {"uid": other},
        {"epoch": 1},
        {"sid": other},
        {"e": other + other},
        {"Q1": parties.engine.mul_g(6)},
        {"rho": other + other},
    ]
    assert len({commitment(**(base | change)) for change in changes}) == len(changes)
