"""Checks of the values that the server derives, binds and stores: hedged values, box contexts and hashes."""

from typing import Final

from mshield.gm.engine import Engine
from mshield.gm.enrolment import server_share
from mshield.gm.server import server_nonce
from mshield.gm.transcript import StoredTag, nonce_box_context, share_box_data, stored_hash
from mshield.gm.vectors.case import Case, CaseFailure, expect

_TAGS: Final[dict[str, StoredTag]] = {"otp": "otp", "rn": "rn", "challenge": "challenge"}


def check_nonces(engine: Engine, case: Case) -> None:
    """Checks `k2`, the proof's nonce `a` and the sent values, all derived from `w` (32 bytes) and the context."""
    case.text("name")
    nonce = server_nonce(
        engine,
        uid=case.octets("uid", 16),
        epoch=case.integer("epoch"),
        d2=case.number("d2"),
        sid=case.octets("sid", 16),
        e=case.octets("e", 32),
        c=case.octets("c", 32),
        w=case.octets("w", 32),
    )
    expect("k2", nonce.k2, case.number("k2"))
    expect("Q2", nonce.Q2, case.octets("Q2", 65))
    expect("A", nonce.proof.A, case.octets("A", 65))
    expect("a·G", engine.mul_g(case.number("a")), nonce.proof.A)
    expect("z", nonce.proof.z, case.number("z"))
    case.done()


def check_server_share(engine: Engine, case: Case) -> None:
    """Checks `d2`, derived from 32 random bytes `w`, `uid`, `sid` and `P1`, and the joint key."""
    key = server_share(
        engine,
        uid=case.octets("uid", 16),
        sid=case.octets("sid", 16),
        P1=case.octets("P1", 65),
        w=case.octets("w", 32),
    )
    if key is None:
        raise CaseFailure("no share")
    expect("d2", key.d2, case.number("d2"))
    expect("P", key.P, case.octets("P", 65))
    case.done()


def check_stored(_engine: Engine, case: Case) -> None:
    """Checks the stored hashes of `otp`, `rn` and the challenge."""
    tag = _TAGS.get(case.text("tag"))
    if tag is None:
        raise CaseFailure("unknown tag")
    expect("H", stored_hash(tag, case.octets("value", 32)), case.octets("H", 32))
    case.done()


def check_share_box(_engine: Engine, case: Case) -> None:
    """Checks the associated data of a share's box."""
    actual = share_box_data(
        uid=case.octets("uid", 16),
        epoch=case.integer("epoch"),
        master_key_id=case.octets("master_key_id", 8),
    )
    expect("associated data", actual, case.octets("associated_data"))
    case.done()


def check_nonce_box(_engine: Engine, case: Case) -> None:
    """Checks the context that the sealed nonces of a session are bound to."""
    case.text("name")
    actual = nonce_box_context(
        uid=case.octets("uid", 16),
        epoch=case.integer("epoch"),
        P1=case.octets("P1", 65),
        items=case.octets("items"),
    )
    expect("context", actual, case.octets("context"))
    case.done()
