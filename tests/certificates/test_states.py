"""The states of a certificate and its holds, as a table."""

import itertools
from typing import get_args

import pytest

from mshield.server.acts.actor import Actor
from mshield.server.certificates.errors import CertificateExpired, NoCertificate
from mshield.server.certificates.rules.states import (
    TABLE,
    CertificateEvent,
    CertificateState,
    Hold,
    Standing,
    after,
    already_applies,
    format_holds,
    is_expired,
    occupies_device,
    parse_holds,
    require_actor,
    require_usable,
    usable,
)
from mshield.server.errors import DomainError, Forbidden
from mshield.server.signing.errors import Held, PinLocked
from tests.support.certificate_life import LIFE, standings, what_follows

ACTIVE, LOCKED, REVOKED = CertificateState.ACTIVE, CertificateState.PIN_LOCKED, CertificateState.REVOKED
E = CertificateEvent


def test_r14_loss_and_freeze_are_two_holds_lifted_by_the_legal_person() -> None:
    standing = after(after(Standing(ACTIVE), E.REPORT_LOSS), E.FREEZE)
    assert standing.holds == {Hold.LOST, Hold.FROZEN}
    standing = after(standing, E.LIFT_LOSS)
    assert standing.holds == {Hold.FROZEN}
    assert after(standing, E.UNFREEZE) == Standing(ACTIVE)
    for event in (E.REPORT_LOSS, E.LIFT_LOSS, E.FREEZE, E.UNFREEZE):
        # A holder may report their lost shield themselves; only the legal representative lifts that hold.
        own = {"user"} if event == E.REPORT_LOSS else set()
        assert TABLE[event].actors == {"legal_person"} | own


def test_r6_and_clones_end_by_revocation_only() -> None:
    lifted = {rule.lifts for rule in TABLE.values()} - {None}
    assert lifted == {Hold.LOST, Hold.FROZEN, Hold.SUSPENDED}
    for event, hold in ((E.APPLY_AGAIN, Hold.DUPLICATE), (E.FIND_CLONE, Hold.CLONE)):
        standing = after(Standing(ACTIVE), event)
        assert standing.holds == {hold}
        assert after(standing, E.REVOKE) == Standing(REVOKED)


def test_r10_a_locked_pin_leads_to_revocation_only() -> None:
    locked = after(Standing(ACTIVE), E.LOCK_PIN)
    assert locked == Standing(LOCKED)
    ends = {event for event, rule in TABLE.items() if LOCKED in rule.sources and rule.target is not None}
    assert ends == {E.REVOKE}


def test_r10_r14_locked_pin_and_holds_do_not_cancel_each_other() -> None:
    held = Standing(ACTIVE, frozenset({Hold.CLONE, Hold.LOST, Hold.FROZEN}))
    locked = after(held, E.LOCK_PIN)
    assert locked == Standing(LOCKED, held.holds)
    # The legal representative lifts their own holds; the lock stays.
    locked = after(after(locked, E.LIFT_LOSS), E.UNFREEZE)
    assert locked == Standing(LOCKED, frozenset({Hold.CLONE}))
    assert after(locked, E.REVOKE) == Standing(REVOKED)


def test_r14_act_counts_as_done_even_after_the_pin_lock() -> None:
    locked = Standing(LOCKED, frozenset({Hold.LOST}))
    assert already_applies(locked, E.REPORT_LOSS)
    assert already_applies(locked, E.UNFREEZE)
    assert not already_applies(locked, E.LIFT_LOSS)
    assert not already_applies(locked, E.FREEZE)
    assert not already_applies(Standing(REVOKED), E.LIFT_LOSS)
    assert already_applies(Standing(REVOKED), E.REVOKE)


def _named(value: Standing | CertificateEvent) -> str:
    return (
        value.value if isinstance(value, CertificateEvent) else f"{value.state} {format_holds(value.holds)}"
    )


def test_the_written_table_names_every_event() -> None:
    assert set(LIFE) == {event.value for event in CertificateEvent}


@pytest.mark.parametrize("event", CertificateEvent, ids=_named)
def test_every_step_matches_the_written_table(event: CertificateEvent) -> None:
    wrong = [
        f"{_named(standing)} leads to {led}, not to {follows}"
        for standing in standings()
        if (led := _led(standing, event)) != (follows := what_follows(standing, event))
    ]
    assert wrong == [], "\n".join(wrong)


def _led(standing: Standing, event: CertificateEvent) -> Standing | type[DomainError]:
    try:
        return after(standing, event)
    except DomainError as refusal:
        return type(refusal)


@pytest.mark.parametrize(("event", "actor"), list(itertools.product(CertificateEvent, get_args(Actor))))
def test_actors_cannot_cause_others_events(event: CertificateEvent, actor: Actor) -> None:
    if actor in LIFE[event.value].who:
        require_actor(event, actor)
        return
    with pytest.raises(Forbidden):
        require_actor(event, actor)


def test_refused_renewal_lists_holds_most_severe_first() -> None:
    with pytest.raises(Held) as refused:
        after(Standing(ACTIVE, frozenset({Hold.FROZEN, Hold.LOST})), E.SUPERSEDE)
    assert refused.value.extra == {"reasons": ["lost", "frozen"]}


@pytest.mark.parametrize(
    ("state", "holds", "now", "refusal"),
    [
        (ACTIVE, frozenset(), 99, None),
        (ACTIVE, frozenset(), 100, CertificateExpired),
        (ACTIVE, frozenset({Hold.LOST}), 99, Held),
        (ACTIVE, frozenset({Hold.LOST}), 100, Held),
        (LOCKED, frozenset(), 99, PinLocked),
        (REVOKED, frozenset(), 99, NoCertificate),
        (CertificateState.ISSUED, frozenset(), 99, NoCertificate),
        (CertificateState.SUPERSEDED, frozenset(), 99, NoCertificate),
    ],
)
def test_r11_usable_only_active_unheld_and_in_time(
    state: CertificateState, holds: frozenset[Hold], now: int, refusal: type[DomainError] | None
) -> None:
    assert usable(state=state, holds=holds, not_after=100, now=now) is (refusal is None)
    if refusal is None:
        require_usable(state=state, holds=holds, not_after=100, now=now)
        return
    with pytest.raises(refusal):
        require_usable(state=state, holds=holds, not_after=100, now=now)


def test_r5_a_device_is_free_again_after_revocation_or_renewal_only() -> None:
    assert {state for state in CertificateState if not occupies_device(state)} == {
        CertificateState.SUPERSEDED,
        REVOKED,
    }


def test_certificate_expires_by_the_clock() -> None:
    assert is_expired(state=ACTIVE, not_after=100, now=100)
    assert not is_expired(state=ACTIVE, not_after=100, now=99)
    assert not is_expired(state=REVOKED, not_after=100, now=100)


def test_holds_are_stored_most_severe_first() -> None:
    text = format_holds({Hold.FROZEN, Hold.CLONE, Hold.LOST})
    assert text == "clone,lost,frozen"
    assert parse_holds(text) == {Hold.FROZEN, Hold.CLONE, Hold.LOST}
    assert parse_holds("") == frozenset()
    with pytest.raises(ValueError, match="wet"):
        parse_holds("wet")
