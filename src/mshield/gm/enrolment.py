"""How the joint key comes to be and how its shares are refreshed: `1 + d = (d1·d2)^-1`, `P = dG`.

`P1` leaves the phone once, under its proof, and never comes back; a share is never masked twice.
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
    """The phone's new share, and what it sends once: `P1 = d1^-1·G` with its proof."""

    d1: int = field(repr=False)
    P1: bytes = field(repr=False)
    proof: Proof = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServerKey:
    """The server's share and the joint public key, which is the certificate's."""

    d2: int = field(repr=False)
    P: bytes


def phone_enrol(engine: Engine, *, uid: bytes, sid: bytes) -> PhoneEnrolment:
    """Choose `d1`; `uid` and `sid` are 16 bytes each."""
    context = enrolment_context(uid=uid, sid=sid)
    d1 = engine.random_scalar()
    inverse = engine.invert(d1)
    P1 = engine.mul_g(inverse)
    return PhoneEnrolment(d1, P1, prove(engine, inverse, P1, "enrol-pok", context))


def check_enrolment(engine: Engine, *, uid: bytes, sid: bytes, P1: bytes, proof: Proof) -> None:
    """The server's check of what the phone sent; raises `BadProof`."""
    check_proof(engine, P1, "enrol-pok", enrolment_context(uid=uid, sid=sid), proof)


def server_enrol(engine: Engine, *, uid: bytes, sid: bytes, P1: bytes, proof: Proof) -> ServerKey:
    """Check the proof, choose `d2` with `P ≠ O`, and give `P = d2^-1·P1 - G`; raises `BadProof`."""
    check_enrolment(engine, uid=uid, sid=sid, P1=P1, proof=proof)
    while True:
        key = server_share(engine, uid=uid, sid=sid, P1=P1)
        if key is not None:
            return key


def server_share(
    engine: Engine, *, uid: bytes, sid: bytes, P1: bytes, w: bytes | None = None
) -> ServerKey | None:
    """`d2` of 32 fresh random bytes `w` and of what it is for; None where it is zero or `P` is infinity: draw again.

    A restored machine that draws the same `w` gives another share to another phone.
    """
    d2 = Hn("d2", fresh_octets(w), P1, sized("uid", uid, 16), sized("sid", sid, 16))
    P = joint_key(engine, d2=d2, P1=P1) if d2 else None
    return None if P is None else ServerKey(d2, P)


def joint_key(engine: Engine, *, d2: int, P1: bytes) -> bytes | None:
    """`P = d2^-1·P1 - G`; `None` is infinity, which is no key."""
    return engine.add(engine.mul(engine.invert(d2), P1), engine.negate(G))


def phone_point(engine: Engine, *, d2: int, P: bytes) -> bytes:
    """`P1 = d2(P+G)`, as secret as it is useful: beside the blob it tests PINs. Raises Fault."""
    total = engine.add(P, G)
    P1 = None if total is None else engine.mul(d2, total)
    if P1 is None:
        raise Fault("P + G is infinity, so P is no joint key")
    return P1


def parse_tau(raw: bytes | None) -> int | None:
    """`tau` as received: absent, or 32 bytes in [1, n-1]; raises `Malformed`."""
    return None if raw is None else parse_scalar(raw)


def next_phone_share(d1: int, tau: int) -> int:
    """`d1' = d1·tau`; raises `Malformed` if either is outside [1, n-1]."""
    return check_scalar(d1) * check_scalar(tau) % N


def next_server_share(engine: Engine, d2: int, tau: int) -> int:
    """`d2' = d2·tau^-1`; raises `Malformed` if either is outside [1, n-1]."""
    return check_scalar(d2) * engine.invert(check_scalar(tau)) % N
