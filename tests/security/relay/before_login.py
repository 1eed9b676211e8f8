"""Attacks on codes that a phone scans before its holder unlocks the app, and on the one PIN that may follow."""

from typing import Final

import msgspec

from mshield.server.requests.claim import CLAIM_MS
from mshield.testkit.demo.people import OPERATOR
from mshield.wire.phone.requests import ClaimMessage
from tests.security.relay.attacks import Attack
from tests.security.relay.lab import ATTACKERS_PC, Lab


def _photo_before_login(lab: Lab) -> None:
    photo = lab.code_after(lab.login(), 10)
    lab.later(6)
    lab.victim.claim(photo)


def _kept(lab: Lab) -> str:
    """Returns the claim of a phone that isn't logged in to a fresh code."""
    return lab.victim.claim(lab.code_after(lab.login(), 1)).claim


def _claim_held_back(lab: Lab) -> None:
    claim = _kept(lab)
    lab.later(CLAIM_MS // 1000)
    lab.scan(claim)


def _claim_prolonged(lab: Lab) -> None:
    _, request_id, until, mac = _kept(lab).split(":")
    lab.scan(f"claim:{request_id}:{int(until) + 60_000}:{mac}")


def _claim_in_time(lab: Lab) -> None:
    claim = _kept(lab)
    lab.victim.logout()
    lab.later(60)
    lab.victim.unlock(OPERATOR.pin)
    shown = lab.scan(claim)
    assert shown.requester.pc_address == ATTACKERS_PC.address
    lab.approve()


def _claimed(lab: Lab) -> ClaimMessage:
    """Returns the claim of a logged-out phone to a login, with what the phone shows."""
    kept = lab.victim.claim(lab.code_after(lab.login(), 1))
    lab.victim.logout()
    return kept


def _one_pin(lab: Lab, kept: ClaimMessage) -> None:
    """The victim enters their PIN, which has to confirm the login."""
    assert lab.victim.unlock_and_log_in(kept, OPERATOR.pin).confirmed


def _one_pin_in_time(lab: Lab) -> None:
    kept = _claimed(lab)
    lab.later(60)
    # The display is the same as after a scan: not the victim's PC, and which of its data are new.
    assert kept.login is not None
    assert kept.requester.pc_address == ATTACKERS_PC.address
    _one_pin(lab, kept)


def _one_pin_held_back(lab: Lab) -> None:
    kept = _claimed(lab)
    lab.later(CLAIM_MS // 1000)
    try:
        _one_pin(lab, kept)
    finally:
        lab.victim.unlock(OPERATOR.pin)


def _one_pin_prolonged(lab: Lab) -> None:
    kept = _claimed(lab)
    _, request_id, until, mac = kept.claim.split(":")
    try:
        _one_pin(lab, msgspec.structs.replace(kept, claim=f"claim:{request_id}:{int(until) + 60_000}:{mac}"))
    finally:
        lab.victim.unlock(OPERATOR.pin)


def _one_pin_for_another(lab: Lab) -> None:
    shown, other = _claimed(lab), lab.login()
    kept = lab.victim.claim(lab.code_after(other, 1))
    try:
        _one_pin(lab, msgspec.structs.replace(shown, claim=kept.claim))
    finally:
        assert lab.business.status(other.id).state == "waiting"
        lab.victim.unlock(OPERATOR.pin)


BEFORE_LOGIN: Final = (
    Attack(
        name="Still photo, before login",
        does="shows a photo that is 6 s old to a victim who isn't logged in to the app",
        ends="qr_stale",
        why="only a fresh code gives a claim: the time of reading it decides, not that of opening the app",
        play=_photo_before_login,
    ),
    Attack(
        name="Claim held back",
        does=f"has the victim scan a fresh code before login, and open the app {CLAIM_MS // 60_000} minutes later",
        ends="expired_request",
        why="a claim ends with its request (of a login: after two minutes), and after three minutes at the latest",
        play=_claim_held_back,
    ),
    Attack(
        name="Claim with a later end",
        does="changes the end of a claim",
        ends="not_found",
        why="the claim's MAC covers its end; only the service has the key",
        play=_claim_prolonged,
    ),
    Attack(
        name="Fresh code before login",
        does="shows a fresh code to a victim who isn't logged in, who opens the app a minute later and enters their "
        "PIN",
        ends=None,
        why="the code was scanned within 5 s, as with a forwarded video. The only defence is that the phone shows the "
        "attacker's PC before the PIN",
        play=_claim_in_time,
    ),
    Attack(
        name="One PIN",
        does="the same, but one PIN both opens the app and confirms the login",
        ends=None,
        why="the only defence is what the phone shows before the PIN: the attacker's PC, and what is new about it",
        play=_one_pin_in_time,
    ),
    Attack(
        name="One PIN, held back",
        does=f"the same, but the victim enters the PIN {CLAIM_MS // 60_000} minutes later",
        ends="expired_request",
        why="confirming needs a valid claim to a waiting request",
        play=_one_pin_held_back,
    ),
    Attack(
        name="One PIN, with a later end",
        does="changes the end of the claim",
        ends="not_found",
        why="the claim's MAC covers its end; the PIN opens the app but confirms no login",
        play=_one_pin_prolonged,
    ),
    Attack(
        name="One PIN for another login",
        does="intercepts the connection, and has the phone show one login and confirm another",
        ends="bad_task",
        why="the phone signs only the document that it displayed, under the id (`sid`) with which it was displayed",
        play=_one_pin_for_another,
    ),
)
