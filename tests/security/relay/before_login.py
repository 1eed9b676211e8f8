"""Attacks on codes that a phone reads before its holder has opened the app, and on the one PIN that may follow."""

from typing import Final

import msgspec

from mshield.client.phone.unlock import Claim
from mshield.demo.people import OPERATOR
from mshield.services.requests.codes.claim import CLAIM_MS
from tests.security.relay.attacks import Attack
from tests.security.relay.lab import ATTACKERS_PC, Lab


def _photo_before_login(lab: Lab) -> None:
    photo = lab.code_after(lab.login(), 10)
    lab.later(6)
    lab.victim.claim(photo)


def _kept(lab: Lab) -> str:
    """A fresh code that a phone which isn't logged in has read."""
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


def _claimed(lab: Lab) -> Claim:
    """A login that a phone which isn't logged in has read in time, and shows."""
    kept = lab.victim.claim(lab.code_after(lab.login(), 1))
    lab.victim.logout()
    return kept


def _one_pin(lab: Lab, kept: Claim) -> None:
    """The victim enters their PIN; what it doesn't confirm they scan once the app is open."""
    if not lab.victim.unlock_and_log_in(kept, OPERATOR.pin).confirmed:
        lab.scan(kept.claim)


def _one_pin_in_time(lab: Lab) -> None:
    kept = _claimed(lab)
    lab.later(60)
    # As after a scan: not the victim's PC, and what of it is new.
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
    _one_pin(lab, msgspec.structs.replace(kept, claim=f"claim:{request_id}:{int(until) + 60_000}:{mac}"))


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
        does="shows a photo that is 6 s old to a victim who hasn't opened the app",
        ends="qr_stale",
        why="a claim is made for a fresh code alone: what counts is when the code was read, not when the app was "
        "opened",
        play=_photo_before_login,
    ),
    Attack(
        name="Claim held back",
        does=f"has the victim read a fresh code before login, and open the app {CLAIM_MS // 60_000} minutes later",
        ends="expired_request",
        why="a claim ends with its request, a login's after two minutes, and after three at the latest",
        play=_claim_held_back,
    ),
    Attack(
        name="Claim with a later end",
        does="writes another end into a claim",
        ends="not_found",
        why="the end is under the claim's MAC, whose key only the service has",
        play=_claim_prolonged,
    ),
    Attack(
        name="Fresh code before login",
        does="shows a fresh code to a victim who isn't logged in, who opens the app a minute later and enters their "
        "PIN",
        ends=None,
        why="as with a forwarded video: the code was read within 5 s. Until the victim has opened the app anybody may "
        "take the request; then the phone shows the attacker's PC",
        play=_claim_in_time,
    ),
    Attack(
        name="One PIN",
        does="the same, and the victim's one PIN opens the app and confirms the login",
        ends=None,
        why="the same: the phone shows before the PIN what it shows after a scan, the attacker's PC and what of it is "
        "new, and nothing is taken before the PIN was right",
        play=_one_pin_in_time,
    ),
    Attack(
        name="One PIN, held back",
        does=f"the same {CLAIM_MS // 60_000} minutes later",
        ends="expired_request",
        why="it needs a claim that counts, to a request that waits",
        play=_one_pin_held_back,
    ),
    Attack(
        name="One PIN, with a later end",
        does="writes another end into the claim",
        ends="not_found",
        why="the claim's MAC; the app opens, the login isn't confirmed",
        play=_one_pin_prolonged,
    ),
    Attack(
        name="One PIN for another login",
        does="between phone and service, has the phone show one login and begin another",
        ends="bad_task",
        why="the phone signs the document that it has shown, under the sid that it was shown for, or nothing",
        play=_one_pin_for_another,
    ),
)
