"""Checks of the cases that must succeed: every value in them is computed again and compared.

The case's own values replace randomness, so that each intermediate result can be checked.
"""

import hmac
from collections.abc import Mapping
from functools import partial
from typing import Final

from mshield.gm.cosign import (
    FinishItem,
    PhoneNonce,
    Proof,
    SessionItem,
    check_answer,
    check_nonce,
    check_openings,
    finish_hash,
    next_phone_share,
    next_server_share,
    phone_finish,
    server_finish,
)
from mshield.gm.engine import Engine
from mshield.gm.enrolment import check_enrolment, joint_key, phone_point
from mshield.gm.mask import derive_pin_key, hide, mask, reveal
from mshield.gm.sm2 import digest
from mshield.gm.transcript import (
    LV,
    PREFIX,
    H,
    Hn,
    InternalPurpose,
    commitment,
    internal_message,
    is_internal_message,
    renewal_message,
)
from mshield.gm.vectors.case import Case, CaseFailure, expect

_PURPOSES: Final[Mapping[str, InternalPurpose]] = {
    "refresh": "refresh",
    "confirm": "confirm",
    "unlock": "unlock",
}


def check_hash(engine: Engine, case: Case) -> None:
    """Checks `H` and `Hn` of a tag and parts, also with the engine's own SM3."""
    tag, parts = case.text("tag"), [part.bare_octets() for part in case.items("parts")]
    expect("H", H(tag, *parts), case.octets("H", 32))
    expect("Hn", Hn(tag, *parts), case.number("Hn"))
    joined = map(LV, (f"{PREFIX}{tag}".encode("ascii"), *parts))
    expect("H by the engine", engine.sm3(*joined), case.octets("H", 32))
    case.done()


def check_internal(_engine: Engine, case: Case) -> None:
    """Checks `M` of an internal task."""
    uid, sid, named = case.octets("uid", 16), case.octets("sid", 16), case.text("purpose")
    if named == "renew":
        message = renewal_message(uid=uid, sid=sid, P=case.octets("P", 65))
    elif (purpose := _PURPOSES.get(named)) is not None:
        message = internal_message(purpose, uid=uid, sid=sid)
    else:
        raise CaseFailure("unknown purpose")
    expect("message", message, case.octets("message"))
    expect("is_internal_message", is_internal_message(message), expected=True)
    case.done()


def check_enrolment_case(engine: Engine, case: Case) -> None:
    """Checks `P1`, its proof, and `P` as computed from either side."""
    P1, P, d2 = case.octets("P1", 65), case.octets("P", 65), case.number("d2")
    expect("d1^-1·G", engine.mul_g(engine.invert(case.number("d1"))), P1)
    proof = Proof(case.octets("A", 65), case.number("z"))
    check_enrolment(engine, uid=case.octets("uid", 16), sid=case.octets("sid", 16), P1=P1, proof=proof)
    expect("d2^-1·P1 - G", joint_key(engine, d2=d2, P1=P1), P)
    expect("d2(P+G)", phone_point(engine, d2=d2, P=P), P1)
    case.done()


def check_mask(_engine: Engine, case: Case) -> None:
    """Checks the mask of a PIN, and the share hidden and revealed. A share that would be 0 becomes 1."""
    value = _mask_of(case, "epoch")
    expect("mask", value, case.number("mask"))
    d1, blob = case.number("d1"), case.number("blob")
    expect("d1", reveal(blob, value), d1)
    if blob != value:
        expect("blob", hide(d1, value), blob)
    case.done()


def check_signing(engine: Engine, case: Case) -> None:
    """Checks the signature of one document from both sides, with every intermediate value."""
    P, d2, uid, epoch = case.octets("P", 65), case.number("d2"), case.octets("uid", 16), case.integer("epoch")
    if case.has("message"):
        expect("e", digest(P, case.octets("message")), case.octets("e", 32))
    session, item = _check_item(engine, case, P=P, d1=case.number("d1"), uid=uid, epoch=epoch)
    check_openings(engine, uid=uid, epoch=epoch, session=[session], items=[item])
    _check_finish(engine, P, d2, [(session, item, case)])
    expect("finish_hash", finish_hash(uid=uid, items=[item], tau=None), case.octets("finish_hash", 32))
    case.done()


def check_batch(engine: Engine, case: Case) -> None:
    """Checks several documents signed in one session."""
    P, d2, uid, epoch = case.octets("P", 65), case.number("d2"), case.octets("uid", 16), case.integer("epoch")
    d1 = case.number("d1")
    elements = case.items("items")
    pairs = [_check_item(engine, element, P=P, d1=d1, uid=uid, epoch=epoch) for element in elements]
    session, items = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    check_openings(engine, uid=uid, epoch=epoch, session=session, items=items)
    _check_finish(engine, P, d2, [(*pair, element) for pair, element in zip(pairs, elements, strict=True)])
    expect("finish_hash", finish_hash(uid=uid, items=items, tau=None), case.octets("finish_hash", 32))
    for part in (case, *elements):
        part.done()


def check_refresh(engine: Engine, case: Case) -> None:
    """Checks the new shares of the same key, and the new slot."""
    P, d1, d2, tau = case.octets("P", 65), case.number("d1"), case.number("d2"), case.number("tau")
    d1_next, d2_next = next_phone_share(d1, tau), next_server_share(engine, d2, tau)
    expect("d1_next", d1_next, case.number("d1_next"))
    expect("d2_next", d2_next, case.number("d2_next"))
    P1_next = case.octets("P1_next", 65)
    expect("d1_next^-1·G", engine.mul_g(engine.invert(d1_next)), P1_next)
    expect("d2_next(P+G)", phone_point(engine, d2=d2_next, P=P), P1_next)
    expect("next_epoch above epoch", case.integer("next_epoch") > case.integer("epoch"), expected=True)
    value = _mask_of(case, "next_epoch")
    expect("mask", value, case.number("mask"))
    expect("blob_next", hide(d1_next, value), case.number("blob_next"))
    _check_hash_with_tau(case, tau)
    case.done()


def _check_hash_with_tau(case: Case, tau: int) -> None:
    """Checks a `finish` hash with `tau` against the signings of this key under the next epoch."""
    uid, epoch = case.octets("uid", 16), case.integer("next_epoch")
    expected, signing = case.octets("finish_hash_with_tau", 32), case.section("signing")
    if signing is None:
        return
    bodies = [
        other for other in signing if other.octets("uid", 16) == uid and other.integer("epoch") == epoch
    ]
    hashes = [finish_hash(uid=uid, items=[_finish_item(body)], tau=tau) for body in bodies]
    if expected not in hashes:
        raise CaseFailure("finish_hash_with_tau matches no signing of this key under the next epoch")


def _finish_item(case: Case) -> FinishItem:
    return FinishItem(
        case.octets("sid", 16), case.octets("Q1", 65), case.octets("rho", 32), case.number("s_prime")
    )


def _check_item(
    engine: Engine, case: Case, *, P: bytes, d1: int, uid: bytes, epoch: int
) -> tuple[SessionItem, FinishItem]:
    """Checks `open` and the phone's half of one item, and returns both sides' items."""
    sid, e, rho = case.octets("sid", 16), case.octets("e", 32), case.octets("rho", 32)
    Q1, Q2, c = case.octets("Q1", 65), case.octets("Q2", 65), case.octets("c", 32)
    k1, k2 = case.number("k1"), case.number("k2")
    expect("k1·G", engine.mul_g(k1), Q1)
    expect("k2·G", engine.mul_g(k2), Q2)
    expect("c", commitment(uid=uid, epoch=epoch, sid=sid, e=e, Q1=Q1, rho=rho), c)
    nonce = PhoneNonce(sid, e, k1, Q1, rho, c)
    proof = Proof(case.octets("A", 65), case.number("z"))
    check_nonce(engine, uid=uid, epoch=epoch, nonce=nonce, Q2=Q2, proof=proof)
    half = phone_finish(engine, d1=d1, nonce=nonce, Q2=Q2)
    expect("s_prime", half.s_prime, case.number("s_prime"))
    expect("r", half.r, case.number("r"))
    expect("Q", half.Q, case.octets("Q", 65))
    check_answer(engine, P=P, e=e, partial=half, signature=case.signature())
    return SessionItem(sid, e, c, k2), FinishItem(sid, Q1, rho, half.s_prime)


def _check_finish(
    engine: Engine, P: bytes, d2: int, triples: list[tuple[SessionItem, FinishItem, Case]]
) -> None:
    """Checks the server's signatures, with `P1` computed and with `P1` given."""
    session, items = [triple[0] for triple in triples], [triple[1] for triple in triples]
    expected = tuple(triple[2].signature() for triple in triples)
    finish = partial(server_finish, engine, P=P, d2=d2, session=session, items=items)
    expect("signatures", finish(), expected)
    expect("signatures with P1 given", finish(P1=phone_point(engine, d2=d2, P=P)), expected)


def _mask_of(case: Case, epoch: str) -> int:
    secret, salt = case.octets("device_secret", 32), case.octets("salt", 16)
    K = derive_pin_key(case.text("pin"), salt, case.integer("pbkdf2_rounds"))
    keyed = partial(hmac.digest, secret, digest="sha256")
    return mask(keyed, uid=case.octets("uid", 16), epoch=case.integer(epoch), salt=salt, K=K)
