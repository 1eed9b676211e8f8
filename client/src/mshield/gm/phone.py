"""The phone's part of a signature: commit to a nonce, check the server's, compute its half, check the reply.

Each `k1` is used for one `s'` only. Nothing here tells a right PIN from a wrong one: only the server's reply
does.
"""

import secrets
from dataclasses import dataclass, field

from mshield.gm.curve import N, affine_x
from mshield.gm.engine import Engine
from mshield.gm.errors import BadAnswer, BadPoint, BadProof, BadSignature, Retry
from mshield.gm.proofs import Proof, check_proof
from mshield.gm.scalars import check_scalar
from mshield.gm.sm2 import Signature, digest_number, nonce_point
from mshield.gm.transcript import commitment, nonce_context


@dataclass(frozen=True, slots=True)
class PhoneNonce:
    """Fresh nonce of one item, with its opening; only `sid` and `c` are sent at `open`."""

    sid: bytes
    e: bytes
    k1: int = field(repr=False)
    Q1: bytes = field(repr=False)
    rho: bytes = field(repr=False)
    c: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Partial:
    """The phone's half of a signature. `r` and `Q` stay on the phone to check the reply; the rest is sent."""

    sid: bytes
    Q1: bytes = field(repr=False)
    rho: bytes = field(repr=False)
    s_prime: int = field(repr=False)
    r: int
    Q: bytes


def phone_commit(engine: Engine, *, uid: bytes, epoch: int, sid: bytes, e: bytes) -> PhoneNonce:
    """Chooses `k1` and `rho` and commits to `Q1 = k1·G`; `e` is 32 bytes."""
    k1 = engine.random_scalar()
    Q1 = engine.mul_g(k1)
    rho = secrets.token_bytes(32)
    c = commitment(uid=uid, epoch=epoch, sid=sid, e=e, Q1=Q1, rho=rho)
    return PhoneNonce(sid, e, k1, Q1, rho, c)


def check_nonce(
    engine: Engine,
    *,
    uid: bytes,
    epoch: int,
    nonce: PhoneNonce,
    Q2: bytes,
    proof: Proof,
) -> None:
    """Checks the server's `nonce-pok` for this item. Raises: BadProof (stop and warn the user)."""
    context = nonce_context(uid=uid, epoch=epoch, sid=nonce.sid, e=nonce.e, c=nonce.c)
    check_proof(engine, Q2, "nonce-pok", context, proof)


def phone_finish(engine: Engine, *, d1: int, nonce: PhoneNonce, Q2: bytes) -> Partial:
    """Computes the phone's half: `Q = Q1 + d1^-1·Q2`, `r = e + x(Q)`, `s' = d1(k1 + r)`.

    Raises: Retry (`Q` is infinity, or `r` or `s'` is zero), BadProof (`Q2` is no point).
    """
    try:
        shared = engine.mul(engine.invert(check_scalar(d1)), Q2)
    except BadPoint as error:
        raise BadProof("Q2 is no point") from error
    Q = engine.add(nonce.Q1, shared)
    if Q is None:
        raise Retry("Q is infinity")
    r = (digest_number(nonce.e) + affine_x(Q)) % N
    s_prime = d1 * (nonce.k1 + r) % N
    if r == 0 or s_prime == 0:
        raise Retry("r or s' is zero")
    return Partial(nonce.sid, nonce.Q1, nonce.rho, s_prime, r, Q)


def check_answer(engine: Engine, *, P: bytes, e: bytes, partial: Partial, signature: Signature) -> None:
    """Checks that the reply completes this half: same `r`, valid under `P`, same `Q`. Raises: BadAnswer."""
    check_answer_values(engine, P=P, e=e, r=partial.r, Q=partial.Q, signature=signature)


def check_answer_values(
    engine: Engine,
    *,
    P: bytes,
    e: bytes,
    r: int,
    Q: bytes,
    signature: Signature,
) -> None:
    """Checks a reply as `check_answer` does, with the phone's `r` and `Q` passed separately.

    Comparing `sG + (r+s)P` with the phone's own `Q` proves more than a valid signature does: that `P` is the
    joint key.
    """
    try:
        point = nonce_point(engine, P, e, signature)
    except BadSignature as error:
        raise BadAnswer("the signature does not verify") from error
    if signature.r != r or point != Q:
        raise BadAnswer("the signature doesn't belong to this phone's half")
