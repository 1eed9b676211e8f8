"""Checks of the cases with one fault each: exactly the named error must be raised.

A case that is accepted, or refused with another error, fails.
"""

from collections.abc import Callable
from functools import partial

from mshield.gm.cosign import (
    FinishItem,
    Proof,
    SessionItem,
    check_answer_values,
    check_enrolment,
    check_openings,
    check_proof,
    next_phone_share,
    next_server_share,
    parse_scalar,
    parse_tau,
    server_finish,
)
from mshield.gm.curve import G
from mshield.gm.engine import Engine
from mshield.gm.errors import BadSignature, GmError
from mshield.gm.sm2 import verify_digest
from mshield.gm.transcript import nonce_context
from mshield.gm.vectors.case import Case, CaseFailure, expect


def check_finish(engine: Engine, case: Case) -> None:
    """Checks that a `finish` of one item is refused."""
    session, items = [_session_item(case)], [_finish_item(case)]
    _check_finish(engine, case, session, items)
    case.done()


def check_batch_finish(engine: Engine, case: Case) -> None:
    """Checks that a `finish` is refused that has several items, or items of another session."""
    case.number("d1")
    bound, sent = case.items("session"), case.items("items")
    _check_finish(engine, case, list(map(_session_item, bound)), list(map(_finish_item, sent)))
    for part in (case, *bound, *sent):
        part.done()


def check_enrolment_proof(engine: Engine, case: Case) -> None:
    """Checks that the server refuses a proof of `P1`."""
    check = partial(check_enrolment, engine, uid=case.octets("uid", 16), sid=case.octets("sid", 16))
    _must_fail(case, partial(check, P1=case.octets("P1", 65), proof=_proof(case)))
    case.done()


def check_nonce_proof(engine: Engine, case: Case) -> None:
    """Checks that the phone refuses a proof of `Q2`."""
    context = nonce_context(
        uid=case.octets("uid", 16),
        epoch=case.integer("epoch"),
        sid=case.octets("sid", 16),
        e=case.octets("e", 32),
        c=case.octets("c", 32),
    )
    _must_fail(case, partial(check_proof, engine, case.octets("Q2", 65), "nonce-pok", context, _proof(case)))
    case.done()


def check_answer_case(engine: Engine, case: Case) -> None:
    """Checks that the phone refuses a reply, although its signature may be valid."""
    P, e, signature = case.octets("P", 65), case.octets("e", 32), case.signature()
    expect(
        "signature_valid",
        _verifies(partial(verify_digest, engine, P, e, signature)),
        case.flag("signature_valid"),
    )
    check = partial(check_answer_values, engine, P=P, e=e, r=signature.r, Q=case.octets("Q", 65))
    _must_fail(case, partial(check, signature=signature))
    case.done()


def check_scalar_case(engine: Engine, case: Case) -> None:
    """Checks a `z` or `tau` out of range: malformed on the wire, and refused by every step that it could reach."""
    raw = case.bare_octets(32)
    value = int.from_bytes(raw, "big")
    _must_raise("malformed", partial(parse_scalar, raw))
    _must_raise("malformed", partial(parse_tau, raw))
    _must_raise("malformed", partial(next_phone_share, 1, value))
    _must_raise("malformed", partial(next_server_share, engine, 1, value))
    _must_raise("bad_proof", partial(check_proof, engine, G, "enrol-pok", b"", Proof(G, value)))


def _check_finish(engine: Engine, case: Case, session: list[SessionItem], items: list[FinishItem]) -> None:
    uid, epoch = case.octets("uid", 16), case.integer("epoch")
    P, d2 = case.octets("P", 65), case.number("d2")

    def finish() -> None:
        check_openings(engine, uid=uid, epoch=epoch, session=session, items=items)
        server_finish(engine, P=P, d2=d2, session=session, items=items)

    _must_fail(case, finish)


def _session_item(case: Case) -> SessionItem:
    return SessionItem(case.octets("sid", 16), case.octets("e", 32), case.octets("c", 32), case.number("k2"))


def _finish_item(case: Case) -> FinishItem:
    return FinishItem(
        case.octets("sid", 16), case.octets("Q1", 65), case.octets("rho", 32), case.number("s_prime")
    )


def _proof(case: Case) -> Proof:
    return Proof(case.octets("A", 65), case.number("z"))


def _verifies(verify: Callable[[], None]) -> bool:
    try:
        verify()
    except BadSignature:
        return False
    return True


def _must_fail(case: Case, step: Callable[[], object]) -> None:
    case.text("name")
    _must_raise(case.text("error"), step)


def _must_raise(code: str, step: Callable[[], object]) -> None:
    try:
        step()
    except GmError as error:
        expect("the error", error.code, code)
    else:
        raise CaseFailure(f"accepted instead of {code}")
