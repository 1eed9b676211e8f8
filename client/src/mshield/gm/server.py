"""The server's part of a signature: create a nonce, check the openings, finish all items at once.

All items are computed before any is checked, and no error reveals which one failed: a verdict per item would
give one guess of the PIN per item for one counted attempt.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mshield.gm.curve import N, affine_x
from mshield.gm.engine import Engine
from mshield.gm.enrolment import phone_point
from mshield.gm.errors import BadOpening, BadPoint, BadSignature, Fault, NoSession, Retry, WrongPin
from mshield.gm.proofs import Proof, prove_with_nonce
from mshield.gm.scalars import fresh_octets, scalar_bytes
from mshield.gm.sm2 import Signature, digest_number, verify_digest
from mshield.gm.transcript import Hn, commitment, nonce_context


@dataclass(frozen=True, slots=True)
class ServerNonce:
    """The server's nonce for one item: `sid, Q2, proof` are sent; `k2` stays in memory or is sealed."""

    sid: bytes
    e: bytes
    c: bytes = field(repr=False)
    k2: int = field(repr=False)
    Q2: bytes = field(repr=False)
    proof: Proof = field(repr=False)


@dataclass(frozen=True, slots=True)
class SessionItem:
    """State of one item that the session keeps between `open` and `finish`."""

    sid: bytes
    e: bytes
    c: bytes = field(repr=False)
    k2: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class FinishItem:
    """One item of a `finish` body; `s_prime` is any 256-bit number: its range is part of the PIN's check."""

    sid: bytes
    Q1: bytes = field(repr=False)
    rho: bytes = field(repr=False)
    s_prime: int = field(repr=False)


class BoundItem(Protocol):
    """Fields of a session's item that its opening is checked against."""

    @property
    def sid(self) -> bytes:
        """16 bytes."""

    @property
    def e(self) -> bytes:
        """32 bytes, computed by the server from its own `M`."""

    @property
    def c(self) -> bytes:
        """32 bytes, the commitment of `open`."""


@dataclass(frozen=True, slots=True)
class _Half:
    """Intermediate values of one item that is being finished."""

    item: FinishItem
    k2: int
    e: bytes
    r: int
    r_g: bytes | None
    Q: bytes | None


def server_nonce(
    engine: Engine, *, uid: bytes, epoch: int, d2: int, sid: bytes, e: bytes, c: bytes, w: bytes | None = None
) -> ServerNonce:
    """Creates a nonce: `k2` and the proof's nonce are derived from 32 random bytes `w`, the share and the context.

    If a restored machine draws the same `w` (and so repeats `sid`), any other difference in the context still
    gives another `k2` and another proof nonce, even another `e` under the same `c`. Raises: Fault (`k2` is
    zero).
    """
    context = nonce_context(uid=uid, epoch=epoch, sid=sid, e=e, c=c)
    parts = (fresh_octets(w), scalar_bytes(d2), context)
    k2 = Hn("k2", *parts)
    if k2 == 0:
        raise Fault("k2 is zero")
    Q2 = engine.mul_g(k2)
    proof = prove_with_nonce(engine, k2, Q2, "nonce-pok", context, a=Hn("a", *parts))
    return ServerNonce(sid, e, c, k2, Q2, proof)


def check_openings(
    engine: Engine, *, uid: bytes, epoch: int, session: Sequence[BoundItem], items: Sequence[FinishItem]
) -> None:
    """Step 2: checks that the items are the session's, in order, and opens each commitment.

    Raises: NoSession, BadOpening.
    """
    if not session or [bound.sid for bound in session] != [item.sid for item in items]:
        raise NoSession("the items are not those of the session, in its order")
    for bound, item in zip(session, items, strict=True):
        try:
            engine.check_point(item.Q1)
        except BadPoint as error:
            raise BadOpening("Q1 is no point") from error
        opened = commitment(uid=uid, epoch=epoch, sid=item.sid, e=bound.e, Q1=item.Q1, rho=item.rho)
        if not hmac.compare_digest(opened, bound.c):
            raise BadOpening("the commitment does not open")


def server_finish(
    engine: Engine,
    *,
    P: bytes,
    d2: int,
    session: Sequence[SessionItem],
    items: Sequence[FinishItem],
    P1: bytes | None = None,
) -> tuple[Signature, ...]:
    """Does steps 3 to 6, after `check_openings` passed and the attempt is durably counted.

    `P1` may come from the sealed share; otherwise it is computed as `d2(P+G)`. Returns one signature per
    item, in order. Raises: Retry, WrongPin (the attempt stays counted), Fault (the caller refunds it).
    """
    if P1 is None:
        P1 = phone_point(engine, d2=d2, P=P)
    halves = [_combine(engine, P1, bound, item) for bound, item in zip(session, items, strict=True)]
    if any([_vanishes(engine, half) for half in halves]):  # noqa: C419  # compute all items, always
        raise Retry("Q, r or r + k is zero")
    if not all([_fits(engine, P1, half) for half in halves]):  # noqa: C419  # compute all items, always
        raise WrongPin("some s' does not fit the share")
    return tuple([_complete(engine, P, d2, half) for half in halves])


def _combine(engine: Engine, P1: bytes, bound: SessionItem, item: FinishItem) -> _Half:
    """Step 3: computes `Q = Q1 + k2·P1` and `r = e + x(Q)`; also `rG`, which steps 4 and 5 use."""
    Q = engine.add(item.Q1, engine.mul(bound.k2, P1))
    r = 0 if Q is None else (digest_number(bound.e) + affine_x(Q)) % N
    return _Half(item, bound.k2, bound.e, r, engine.mul_g(r) if r else None, Q)


def _vanishes(engine: Engine, half: _Half) -> bool:
    """Step 4: reports whether `Q = O`, `r = 0` or `rG + Q = O`."""
    if half.Q is None or half.r_g is None:
        return True
    return half.r_g == engine.negate(half.Q)


def _fits(engine: Engine, P1: bytes, half: _Half) -> bool:
    """Step 5: checks that `s'` is in [1, n-1] and `s'·P1 = Q1 + rG`; out of range, does the same work with 1."""
    in_range = 0 < half.item.s_prime < N
    actual = engine.mul(half.item.s_prime if in_range else 1, P1)
    expected = engine.add(half.item.Q1, half.r_g)
    return hmac.compare_digest(actual or b"", expected or b"") and in_range


def _complete(engine: Engine, P: bytes, d2: int, half: _Half) -> Signature:
    """Step 6: computes `s = d2(s' + k2) - r` and verifies the signature before returning it. Raises: Fault."""
    signature = Signature(half.r, (d2 * (half.item.s_prime + half.k2) - half.r) % N)
    try:
        verify_digest(engine, P, half.e, signature)
    except BadSignature as error:
        raise Fault("the finished signature does not verify") from error
    return signature
