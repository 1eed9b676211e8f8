"""The life of a certificate and its holds, as a table."""

import itertools

import pytest

from mshield.domain import errors
from mshield.domain.certificates import (
    TABLE,
    CertificateEvent,
    CertificateState,
    Hold,
    Standing,
    after,
    format_holds,
    is_expired,
    occupies_device,
    parse_holds,
    require_usable,
    usable,
)

ACTIVE, LOCKED, REVOKED = CertificateState.ACTIVE, CertificateState.PIN_LOCKED, CertificateState.REVOKED
E = CertificateEvent


def test_r14_loss_and_freeze_are_two_holds_lifted_by_the_legal_person() -> None:
    standing = after(after(Standing(ACTIVE), E.REPORT_LOSS), E.FREEZE)
    assert standing.holds == {Hold.LOST, Hold.FROZEN}
    standing = after(standing, E.LIFT_LOSS)
    assert standing.holds == {Hold.FROZEN}
    assert after(standing, E.UNFREEZE) == Standing(ACTIVE)
    for event in (E.REPORT_LOSS, E.LIFT_LOSS, E.FREEZE, E.UNFREEZE, E.REVOKE):
        assert TABLE[event].actor == "legal_person"


def test_r6_and_clones_end_by_revocation_only() -> None:
    lifted = {rule.lifts for rule in TABLE.values()} - {None}
    assert lifted == {Hold.LOST, Hold.FROZEN}
    for event, hold in ((E.APPLY_AGAIN, Hold.DUPLICATE), (E.FIND_CLONE, Hold.CLONE)):
        standing = after(Standing(ACTIVE), event)
        assert standing.holds == {hold}
        assert after(standing, E.REVOKE) == Standing(REVOKED)


def test_r10_a_locked_pin_leads_to_revocation_only() -> None:
    locked = after(Standing(ACTIVE), E.LOCK_PIN)
    assert locked == Standing(LOCKED)
    possible = {event for event, rule in TABLE.items() if LOCKED in rule.sources}
    assert possible == {E.REVOKE}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(CertificateState, CertificateEvent)))
def test_what_the_table_does_not_name_is_a_conflict(state: CertificateState, event: CertificateEvent) -> None:
    rule = TABLE[event]
    holds = frozenset() if rule.lifts is None else frozenset({rule.lifts})
    if state in rule.sources:
        assert after(Standing(state, holds), event).state is rule.target
        return
    with pytest.raises(errors.Conflict):
        after(Standing(state, holds), event)


@pytest.mark.parametrize("event", [event for event, rule in TABLE.items() if rule.places])
def test_a_hold_is_placed_once(event: CertificateEvent) -> None:
    with pytest.raises(errors.Conflict):
        after(after(Standing(ACTIVE), event), event)


@pytest.mark.parametrize("event", [E.LIFT_LOSS, E.UNFREEZE])
def test_what_does_not_hold_cannot_be_lifted(event: CertificateEvent) -> None:
    with pytest.raises(errors.Conflict):
        after(Standing(ACTIVE), event)


def test_renewal_is_no_way_around_a_hold() -> None:
    assert after(Standing(ACTIVE), E.SUPERSEDE) == Standing(CertificateState.SUPERSEDED)
    with pytest.raises(errors.Held) as refused:
        after(Standing(ACTIVE, frozenset({Hold.FROZEN, Hold.LOST})), E.SUPERSEDE)
    assert refused.value.extra == {"reasons": ["lost", "frozen"]}


@pytest.mark.parametrize(
    ("state", "holds", "now", "refusal"),
    [
        (ACTIVE, frozenset(), 99, None),
        (ACTIVE, frozenset(), 100, errors.CertificateExpired),
        (ACTIVE, frozenset({Hold.LOST}), 99, errors.Held),
        (ACTIVE, frozenset({Hold.LOST}), 100, errors.Held),
        (LOCKED, frozenset(), 99, errors.PinLocked),
        (REVOKED, frozenset(), 99, errors.NoCertificate),
        (CertificateState.ISSUED, frozenset(), 99, errors.NoCertificate),
        (CertificateState.SUPERSEDED, frozenset(), 99, errors.NoCertificate),
    ],
)
def test_r11_usable_only_active_unheld_and_in_time(
    state: CertificateState, holds: frozenset[Hold], now: int, refusal: type[errors.DomainError] | None
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


def test_expiry_is_the_clocks() -> None:
    assert is_expired(state=ACTIVE, not_after=100, now=100)
    assert not is_expired(state=ACTIVE, not_after=100, now=99)
    assert not is_expired(state=REVOKED, not_after=100, now=100)


def test_holds_are_stored_gravest_first() -> None:
    text = format_holds({Hold.FROZEN, Hold.CLONE, Hold.LOST})
    assert text == "clone,lost,frozen"
    assert parse_holds(text) == {Hold.FROZEN, Hold.CLONE, Hold.LOST}
    assert parse_holds("") == frozenset()
    with pytest.raises(ValueError, match="wet"):
        parse_holds("wet")
