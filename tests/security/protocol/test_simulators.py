"""The simulators of theorems 1 and 2 (docs/security/proof.md), run against the project's own phone and server.

Neither has a share of the key under attack, but its answers pass all checks of the other side. So an attacker
achieves nothing with it beyond a signing oracle, and a forgery would be one of SM2 itself.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest

from mshield.gm import phone, proofs, server, sm2
from mshield.gm.cosign import (
    FinishItem,
    Partial,
    PhoneNonce,
    Proof,
    ServerNonce,
    SessionItem,
    check_answer,
    check_nonce,
    check_openings,
    next_phone_share,
    next_server_share,
    phone_commit,
    phone_enrol,
    phone_finish,
    server_enrol,
    server_finish,
    server_nonce,
)
from mshield.gm.curve import G, N, negate
from mshield.gm.engine import Engine
from mshield.gm.errors import BadAnswer, BadOpening, BadProof, WrongPin
from mshield.gm.sm2 import PrivateKey, Signature
from mshield.gm.transcript import Hn, commitment, enrolment_context, nonce_context
from tests.unit.gm.parties import items_of

UID, SID = bytes(16), bytes(range(16))


class Oracle:
    """The challenger: a public key, and signatures on request. `private` is only for comparisons."""

    def __init__(self, engine: Engine) -> None:
        self.private = sm2.generate(engine)
        self.public = self.private.public
        self.asked: list[bytes] = []
        self._engine = engine

    def sign(self, message: bytes) -> tuple[Signature, bytes]:
        """Returns the signature with its nonce point, which anyone can compute."""
        self.asked.append(message)
        signature = sm2.sign(self._engine, self.private, message)
        return signature, sm2.nonce_point(
            self._engine, self.public, sm2.digest(self.public, message), signature
        )


class Hashes:
    """Random oracles of proofs and commitments that a simulator can read and program."""

    def __init__(self) -> None:
        self.committed: dict[bytes, bytes] = {}
        self.forked = False
        self._challenges: dict[tuple[str | bytes, ...], int] = {}
        self._openings: dict[tuple[bytes, bytes], bytes] = {}

    def challenge(self, tag: str, *parts: bytes) -> int:
        """Replaces `Hn`; a fork changes each answer that isn't programmed."""
        return self._challenges.get((tag, *parts), (Hn(tag, *parts) + self.forked) % N)

    def commitment(self, *, uid: bytes, epoch: int, sid: bytes, e: bytes, Q1: bytes, rho: bytes) -> bytes:
        real = commitment(uid=uid, epoch=epoch, sid=sid, e=e, Q1=Q1, rho=rho)
        c = self._openings.get((Q1, rho), real)
        self.committed[c] = Q1
        return c

    def open_to(self, c: bytes, Q1: bytes, rho: bytes) -> None:
        """Programs `c` to open to a point chosen after it: nobody has queried this `rho` yet."""
        self._openings[Q1, rho] = c

    def prove(self, engine: Engine, X: bytes, tag: proofs.ProofTag, ctx: bytes) -> Proof:
        """Makes a proof without the logarithm of X: `z` and `h` first, then `A = zG - hX`."""
        z, h = engine.random_scalar(), engine.random_scalar()
        A = engine.mul_add_public(z, N - h, X)
        assert A is not None
        self._challenges[tag, ctx, G, X, A] = h
        return Proof(A, z)


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Hashes:
    """The random oracles, also used by the project's code."""
    oracles = Hashes()
    monkeypatch.setattr(proofs, "Hn", oracles.challenge)
    monkeypatch.setattr(phone, "commitment", oracles.commitment)
    monkeypatch.setattr(server, "commitment", oracles.commitment)
    return oracles


def minus(engine: Engine, a: bytes, b: bytes | None) -> bytes:
    assert b is not None
    return plus(engine, a, negate(b))


def plus(engine: Engine, a: bytes, b: bytes) -> bytes:
    total = engine.add(a, b)
    assert total is not None
    return total


# ---- theorem 1: the server, without d2 ----


@dataclass(frozen=True, slots=True)
class Opened:
    """One item of the simulated server's session: no k2, but the oracle's signature, not yet released."""

    sid: bytes
    e: bytes
    c: bytes
    signature: Signature


@dataclass
class ServerWithoutShare:
    """Step 1: its `P` is the oracle's, whatever P1 is. The proof of P1 gives `d1`; an honest phone here passes it."""

    engine: Engine
    hashes: Hashes
    oracle: Oracle
    d1: int
    epoch: int = 0
    session: list[Opened] = field(default_factory=list)

    def open(self, sid: bytes, message: bytes, c: bytes) -> tuple[bytes, Proof]:
        """Runs step 2."""
        signature, Q = self.oracle.sign(message)
        e, Q1 = sm2.digest(self.oracle.public, message), self.hashes.committed.get(c)
        # `c` was queried with its Q1; otherwise it can never be opened, and any Q2 will do.
        Q2 = self.engine.mul(self.d1, Q if Q1 is None else minus(self.engine, Q, Q1))
        assert Q2 is not None
        self.session.append(Opened(sid, e, c, signature))
        context = nonce_context(uid=UID, epoch=self.epoch, sid=sid, e=e, c=c)
        return Q2, self.hashes.prove(self.engine, Q2, "nonce-pok", context)

    def finish(self, items: Sequence[FinishItem]) -> tuple[Signature, ...]:
        """Runs step 3: the verdict needs no key, and by lemma 0 the oracle's `s` is the only valid one."""
        session, self.session = self.session, []
        check_openings(self.engine, uid=UID, epoch=self.epoch, session=session, items=items)
        P1 = self.engine.mul_g(self.engine.invert(self.d1))
        for bound, item in zip(session, items, strict=True):
            expected = plus(self.engine, item.Q1, self.engine.mul_g(bound.signature.r))
            if self.engine.mul(item.s_prime, P1) != expected:
                raise WrongPin
        return tuple(bound.signature for bound in session)

    def refresh(self, tau: int) -> None:
        """Runs step 4: `d2` occurs nowhere, so there is nothing to divide."""
        self.d1, self.epoch = self.d1 * tau % N, self.epoch + 1


def opened(simulated: ServerWithoutShare, count: int) -> tuple[list[PhoneNonce], list[bytes]]:
    """Opens a session of `count` documents as an honest phone, which checks the proofs."""
    nonces, points = [], []
    for _ in range(count):
        sid, message = secrets.token_bytes(16), secrets.token_bytes(20)
        e = sm2.digest(simulated.oracle.public, message)
        nonce = phone_commit(simulated.engine, uid=UID, epoch=simulated.epoch, sid=sid, e=e)
        Q2, proof = simulated.open(sid, message, nonce.c)
        check_nonce(simulated.engine, uid=UID, epoch=simulated.epoch, nonce=nonce, Q2=Q2, proof=proof)
        nonces.append(nonce)
        points.append(Q2)
    return nonces, points


def halves(engine: Engine, d1: int, nonces: Sequence[PhoneNonce], points: Sequence[bytes]) -> list[Partial]:
    return [phone_finish(engine, d1=d1, nonce=nonce, Q2=Q2) for nonce, Q2 in zip(nonces, points, strict=True)]


def real_finish(
    simulated: ServerWithoutShare,
    nonces: Sequence[PhoneNonce],
    session: Sequence[Opened],
    items: Sequence[FinishItem],
) -> tuple[Signature, ...]:
    """Returns the real server's answer to the same bytes, with the shares that belong to the challenger's key."""
    engine, d, d1 = simulated.engine, simulated.oracle.private.d, simulated.d1
    bound = []
    for nonce, item in zip(nonces, session, strict=True):
        k = (item.signature.s + (item.signature.r + item.signature.s) * d) % N
        bound.append(SessionItem(item.sid, item.e, item.c, d1 * (k - nonce.k1) % N))
    d2 = engine.invert(d1 * (1 + d) % N)
    return server_finish(engine, P=simulated.oracle.public, d2=d2, session=bound, items=items)


@pytest.fixture
def simulated(engine: Engine, hashes: Hashes) -> ServerWithoutShare:
    return ServerWithoutShare(engine, hashes, Oracle(engine), d1=phone_enrol(engine, uid=UID, sid=SID).d1)


@pytest.mark.parametrize("count", [1, 8])
def test_theorem_1_simulated_answer_equals_the_real_servers(
    simulated: ServerWithoutShare, count: int
) -> None:
    engine, d1 = simulated.engine, simulated.d1
    for tau in (engine.random_scalar(), 1):
        nonces, points = opened(simulated, count)
        mine, session = halves(engine, d1, nonces, points), list(simulated.session)
        signatures = simulated.finish(items_of(mine))
        for half, nonce, signature in zip(mine, nonces, signatures, strict=True):
            check_answer(engine, P=simulated.oracle.public, e=nonce.e, partial=half, signature=signature)
        assert real_finish(simulated, nonces, session, items_of(mine)) == signatures
        simulated.refresh(tau)
        d1 = next_phone_share(d1, tau)


@pytest.mark.parametrize("wrong", ["all", "the last"])
def test_theorem_1_verdict_on_a_wrong_share_is_the_real_servers(
    simulated: ServerWithoutShare, wrong: str
) -> None:
    nonces, points = opened(simulated, 4)
    items = items_of(halves(simulated.engine, 5, nonces, points))
    if wrong == "the last":
        items[:-1] = items_of(halves(simulated.engine, simulated.d1, nonces, points))[:-1]
    session = list(simulated.session)
    with pytest.raises(WrongPin):
        simulated.finish(items)
    with pytest.raises(WrongPin):
        real_finish(simulated, nonces, session, items)


def test_theorem_1_share_from_before_a_refresh_is_refused(simulated: ServerWithoutShare) -> None:
    old = simulated.d1
    simulated.refresh(simulated.engine.random_scalar())
    with pytest.raises(WrongPin):
        simulated.finish(items_of(halves(simulated.engine, old, *opened(simulated, 1))))


def test_theorem_1_unqueried_commitment_is_never_opened(simulated: ServerWithoutShare) -> None:
    sid, message = bytes(16), b"message"
    Q2, _ = simulated.open(sid, message, secrets.token_bytes(32))
    later = phone_commit(
        simulated.engine, uid=UID, epoch=0, sid=sid, e=sm2.digest(simulated.oracle.public, message)
    )
    with pytest.raises(BadOpening):
        simulated.finish(items_of(halves(simulated.engine, simulated.d1, [later], [Q2])))


def test_control_without_programming_the_hash_the_proof_is_refused(engine: Engine) -> None:
    """Only a simulator can do this."""
    with pytest.raises(BadProof):
        opened(ServerWithoutShare(engine, Hashes(), Oracle(engine), d1=5), 1)


# ---- theorem 2: the phone, without d1 ----


@dataclass
class PhoneWithoutShare:
    """With `d1^-1 = 1 + d^`, it knows only the point: `P1 = P^ + G`."""

    engine: Engine
    hashes: Hashes
    oracle: Oracle
    tau: int = 1
    epoch: int = 0

    @property
    def P1(self) -> bytes:  # noqa: N802  the protocol's name
        return plus(self.engine, self.oracle.public, G)

    def enrol(self) -> tuple[bytes, Proof]:
        context = enrolment_context(uid=UID, sid=SID)
        return self.P1, self.hashes.prove(self.engine, self.P1, "enrol-pok", context)

    def digest(self, P: bytes, message: bytes) -> bytes:
        """Runs step 1: `SM3(Z(P)‖M)` is the challenger's digest of `P‖M`, a separate message for each `P`."""
        return sm2.digest(self.oracle.public, P + message)

    def extract(self, *, d2: int, sid: bytes, e: bytes, c: bytes) -> tuple[ServerNonce, int]:
        """Runs step 2: rewound to the hash of its proof, the server proves again, under a challenge greater by 1."""
        answer = partial(
            server_nonce, self.engine, uid=UID, epoch=self.epoch, d2=d2, sid=sid, e=e, c=c, w=bytes(32)
        )
        first = answer()
        unopened = PhoneNonce(sid, e, k1=0, Q1=b"", rho=b"", c=c)
        check_nonce(self.engine, uid=UID, epoch=self.epoch, nonce=unopened, Q2=first.Q2, proof=first.proof)
        self.hashes.forked = True
        second = answer()
        self.hashes.forked = False
        assert first.proof.A == second.proof.A
        return first, (second.proof.z - first.proof.z) % N

    def finish(self, opened: ServerNonce, k2: int, P: bytes, message: bytes) -> Partial:
        """Runs step 3."""
        signature, Q = self.oracle.sign(P + message)
        P1 = self.engine.mul(self.engine.invert(self.tau), self.P1)
        assert P1 is not None
        Q1, rho = minus(self.engine, Q, self.engine.mul(k2, P1)), secrets.token_bytes(32)
        self.hashes.open_to(opened.c, Q1, rho)
        s_prime = (self.tau * (signature.s + signature.r) - k2) % N
        return Partial(opened.sid, Q1, rho, s_prime, signature.r, Q)

    def delta(self, half: Partial, k2: int, answer: Signature) -> int:
        """Runs step 4: `P + G = δ·P1`, from one answer that passed the check."""
        total = self.engine.invert(self.tau * (answer.s + answer.r) % N)
        return (half.s_prime + k2) * total % N


def run(
    simulated: PhoneWithoutShare, *, d2: int, P: bytes, count: int
) -> list[tuple[Partial, bytes, int, Signature]]:
    """Runs one session with the real server's functions; returns each item's half, `e`, extracted `k2` and answer."""
    engine, bound, parts = simulated.engine, [], []
    for number in range(count):
        sid, c, message = secrets.token_bytes(16), secrets.token_bytes(32), b"%d" % number
        e = simulated.digest(P, message)
        opened, k2 = simulated.extract(d2=d2, sid=sid, e=e, c=c)
        bound.append(SessionItem(sid, e, c, opened.k2))
        parts.append((simulated.finish(opened, k2, P, message), e, k2))
    items = items_of([half for half, _, _ in parts])
    check_openings(engine, uid=UID, epoch=simulated.epoch, session=bound, items=items)
    answers = server_finish(engine, P=P, d2=d2, session=bound, items=items)
    return [(*part, answer) for part, answer in zip(parts, answers, strict=True)]


@pytest.mark.parametrize("count", [1, 8])
def test_theorem_2_the_server_accepts_and_a_forgery_would_be_one_of_the_challenge(
    engine: Engine, hashes: Hashes, count: int
) -> None:
    simulated = PhoneWithoutShare(engine, hashes, Oracle(engine))
    P1, proof = simulated.enrol()
    key = server_enrol(engine, uid=UID, sid=SID, P1=P1, proof=proof)
    d2, deltas = key.d2, set()
    for tau in (engine.random_scalar(), 1):
        for half, e, k2, signature in run(simulated, d2=d2, P=key.P, count=count):
            check_answer(engine, P=key.P, e=e, partial=half, signature=signature)
            deltas.add(simulated.delta(half, k2, signature))
        simulated.tau, simulated.epoch = simulated.tau * tau % N, simulated.epoch + 1
        d2 = next_server_share(engine, d2, tau)
    (delta,) = deltas
    assert engine.mul(delta, P1) == plus(engine, key.P, G)

    # Step 5. The forger uses the whole key here: the point is that their signature becomes one of another
    # key.
    d = (delta * (1 + simulated.oracle.private.d) - 1) % N
    forged = sm2.sign_digest(engine, PrivateKey(d, key.P), simulated.digest(key.P, b"never signed"))
    turned = Signature(forged.r, (delta * (forged.s + forged.r) - forged.r) % N)
    assert key.P + b"never signed" not in simulated.oracle.asked
    sm2.verify(engine, simulated.oracle.public, key.P + b"never signed", turned)


def test_theorem_2_servers_own_key_is_detected_without_a_share(engine: Engine, hashes: Hashes) -> None:
    """Step 4 has nothing to divide by: the one check that keeps such a key out needs only `P`, `Q` and `r`."""
    simulated = PhoneWithoutShare(engine, hashes, Oracle(engine))
    P1, proof = simulated.enrol()
    d2 = server_enrol(engine, uid=UID, sid=SID, P1=P1, proof=proof).d2
    own = sm2.generate(engine)
    e = simulated.digest(own.public, b"request")
    opened, k2 = simulated.extract(d2=d2, sid=SID, e=e, c=bytes(32))
    half = simulated.finish(opened, k2, own.public, b"request")
    signature = sm2.sign_digest(engine, own, e)
    sm2.verify_digest(engine, own.public, e, signature)
    with pytest.raises(BadAnswer):
        check_answer(engine, P=own.public, e=e, partial=half, signature=signature)
