"""Creation of the joint key and refresh of its shares: `1 + d = (d1·d2)^-1`, `P = dG`.

`P1` leaves the phone once, with its proof, and is never sent back. A share is never masked twice.
"""

from dataclasses import dataclass, field

from mshield.gm.curve import G, N
from mshield.gm.engine import Engine
from mshield.gm.errors import Fault
from mshield.gm.proofs import Proof, check_proof, prove
from mshield.gm.scalars import check_scalar, fresh_octets, parse_scalar
from mshield.gm.transcript import Hn, enrolment_context, sized

__all__ = [
    "PhoneEnrolment",
    "ServerKey",
    "check_enrolment",
    "next_phone_share",
    "next_server_share",
    "parse_scalar",
    "parse_tau",
    "phone_enrol",
    "server_enrol",
]


@dataclass(frozen=True, slots=True)
class PhoneEnrolment:
    """New share of the phone, and the message it sends once: `P1 = d1^-1·G` with its proof."""

    d1: int = field(repr=False)
    P1: bytes = field(repr=False)
    proof: Proof = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServerKey:
    """Share of the server, and the joint public key, which goes into the certificate."""

    d2: int = field(repr=False)
    P: bytes


def phone_enrol(engine: Engine, *, uid: bytes, sid: bytes) -> PhoneEnrolment:
    """Chooses `d1` and proves knowledge of its inverse; `uid` and `sid` are 16 bytes each."""
    context = enrolment_context(uid=uid, sid=sid)
    d1 = engine.random_scalar()
    inverse = engine.invert(d1)
    P1 = engine.mul_g(inverse)
    return PhoneEnrolment(d1, P1, prove(engine, inverse, P1, "enrol-pok", context))


def check_enrolment(engine: Engine, *, uid: bytes, sid: bytes, P1: bytes, proof: Proof) -> None:
    """Checks, on the server, the proof that the phone sent. Raises: BadProof."""
    check_proof(engine, P1, "enrol-pok", enrolment_context(uid=uid, sid=sid), proof)


def server_enrol(engine: Engine, *, uid: bytes, sid: bytes, P1: bytes, proof: Proof) -> ServerKey:
    """Checks the proof and chooses `d2` such that `P = d2^-1·P1 - G` isn't infinity. Raises: BadProof."""
    check_enrolment(engine, uid=uid, sid=sid, P1=P1, proof=proof)
    while True:
        key = server_share(engine, uid=uid, sid=sid, P1=P1)
        if key is not None:
            return key


def server_share(
    engine: Engine, *, uid: bytes, sid: bytes, P1: bytes, w: bytes | None = None
) -> ServerKey | None:
    """Derives `d2` from 32 fresh random bytes `w`, `P1`, `uid` and `sid`.

    Returns None if `d2` is zero or `P` is infinity: the caller draws again. A restored machine that draws the
    same `w` still gives another phone another share.
    """
    d2 = Hn("d2", fresh_octets(w), P1, sized("uid", uid, 16), sized("sid", sid, 16))
    P = joint_key(engine, d2=d2, P1=P1) if d2 else None
    return None if P is None else ServerKey(d2, P)


def joint_key(engine: Engine, *, d2: int, P1: bytes) -> bytes | None:
    """Returns `P = d2^-1·P1 - G`; `None` is infinity, which is no key."""
    return engine.add(engine.mul(engine.invert(d2), P1), engine.negate(G))


def phone_point(engine: Engine, *, d2: int, P: bytes) -> bytes:
    """Returns `P1 = d2(P+G)`. Keep it secret: with the phone's blob it allows offline tests of PINs. Raises: Fault."""
    total = engine.add(P, G)
    P1 = None if total is None else engine.mul(d2, total)
    if P1 is None:
        raise Fault("P + G is infinity, so P is no joint key")
    return P1


def parse_tau(raw: bytes | None) -> int | None:
    """Parses a received `tau`: absent, or 32 bytes in [1, n-1]. Raises: Malformed."""
    return None if raw is None else parse_scalar(raw)


def next_phone_share(d1: int, tau: int) -> int:
    """Returns `d1' = d1·tau`. Raises: Malformed if either is outside [1, n-1]."""
    return check_scalar(d1) * check_scalar(tau) % N


def next_server_share(engine: Engine, d2: int, tau: int) -> int:
    """Returns `d2' = d2·tau^-1`. Raises: Malformed if either is outside [1, n-1]."""
    return check_scalar(d2) * engine.invert(check_scalar(tau)) % N
