"""Proofs of knowledge of a discrete logarithm to the base G (Schnorr), bound to a tag and a context.

There is no proof to another base: one to P1 would give a thief of the phone an offline test of PINs.
"""

from dataclasses import dataclass
from typing import Literal

from mshield.gm.curve import G, N
from mshield.gm.engine import Engine
from mshield.gm.errors import BadPoint, BadProof, Fault
from mshield.gm.transcript import Hn

ProofTag = Literal["enrol-pok", "nonce-pok"]


@dataclass(frozen=True, slots=True)
class Proof:
    """Proof: `A = aG` (65 bytes) and `z = a + hx mod n`, in [1, n-1]."""

    A: bytes
    z: int


def prove(engine: Engine, x: int, X: bytes, tag: ProofTag, ctx: bytes) -> Proof:
    """Proves knowledge of `x` with `X = xG`."""
    while True:
        proof = prove_with_nonce(engine, x, X, tag, ctx, a=engine.random_scalar())
        if proof.z:
            return proof


def prove_with_nonce(
    engine: Engine,
    x: int,
    X: bytes,
    tag: ProofTag,
    ctx: bytes,
    *,
    a: int,
) -> Proof:
    """Proves with the given nonce `a`. Two proofs with one nonce reveal `x`. Raises: Fault if the nonce is zero."""
    if not 0 < a < N:
        raise Fault("a proof's nonce is zero")
    A = engine.mul_g(a)
    return Proof(A, (a + Hn(tag, ctx, G, X, A) * x) % N)


def check_proof(engine: Engine, X: bytes, tag: ProofTag, ctx: bytes, proof: Proof) -> None:
    """Checks all ranges and points, then `zG = A + hX`. Raises: BadProof."""
    if not 0 < proof.z < N:
        raise BadProof("z is not in [1, n-1]")
    try:
        engine.check_point(proof.A)
        h = Hn(tag, ctx, G, X, proof.A)
        expected = engine.mul_add_public(proof.z, -h % N, X)
    except BadPoint as error:
        raise BadProof("the proof or its subject is no point") from error
    if expected != proof.A:
        raise BadProof("the proof does not hold")
