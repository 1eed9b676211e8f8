"""The attacks of the relay lab, QRLJacking and similar ones: what the attacker does, and what stops it.

This module has the tables for codes and endless requests; others have links to an app and short codes. The
lab runs them against the service, and docs/security/relay.md is made from them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mshield.client import Document
from mshield.client.errors import problem_of
from mshield.server.requests.follow import QR_TEXTS
from mshield.wire.qr import QR_MS, qr_text
from tests.security.relay.lab import ATTACKERS_PC, Lab

AHEAD_SECONDS: Final = QR_TEXTS - 1 + QR_MS // 1000
"""Time in s for which the last code given to a page in advance is valid, from when it is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """An attack; `ends` is the code of its refusal or None, `why` says what helps or what risk remains."""

    name: str
    does: str
    ends: str | None
    why: str
    play: Callable[[Lab], None]


def _photo(lab: Lab) -> None:
    photo = lab.code_after(lab.login(), 10)
    lab.later(6)
    lab.scan(photo)


def _copied_link(lab: Lab) -> None:
    link = lab.code_after(lab.login(), 2)
    lab.later(20)
    lab.scan(link)


def _slow_video(lab: Lab) -> None:
    frame = lab.code_after(lab.login(), 10)
    lab.later(8)
    lab.scan(frame)


def _coming_code(lab: Lab, *, late: float) -> None:
    """Uses the last code given to the attacker's page in advance, `late` s after it was given."""
    created = lab.login()
    lab.later(10)
    told = lab.call("GET", f"/api/pc/requests/{created.id}", created.status_token).json()
    lab.later(late)
    lab.scan(told["qr"]["texts"][-1])


def _coming_code_in_time(lab: Lab) -> None:
    _coming_code(lab, late=AHEAD_SECONDS)
    lab.approve()


def _coming_code_too_late(lab: Lab) -> None:
    _coming_code(lab, late=AHEAD_SECONDS + 0.001)


def _fast_video(lab: Lab) -> None:
    frame = lab.code_after(lab.login(), 10)
    lab.later(2)
    shown = lab.scan(frame)
    # The remaining protection is the phone's display: it isn't the victim's PC.
    assert (shown.requester.pc_address, shown.requester.pc_browser) == (
        ATTACKERS_PC.address,
        ATTACKERS_PC.browser,
    )
    lab.approve()


def _fast_video_noticed(lab: Lab) -> None:
    created = lab.login()
    lab.scan(lab.code_after(created, 1))
    lab.victim.decline(reason="not_me")
    assert lab.business.status(created.id).reason == "not_me"
    lab.business.result(created.id)


def _guessed_code(lab: Lab) -> None:
    created = lab.login()
    lab.scan(qr_text(created.qr_origin, created.id, bytes(32), 0))


def _code_of_another(lab: Lab) -> None:
    mine, other = lab.login(), lab.login()
    lab.scan(mine.qr_text(at=mine.received_at).replace(mine.id, other.id))


def _future_code(lab: Lab) -> None:
    created = lab.login()
    lab.scan(created.qr_text(at=created.received_at + 60_000))


def _ended_request(lab: Lab) -> None:
    created = lab.login()
    lab.scan(lab.code_after(created, 1))
    lab.victim.decline(reason="declined")
    lab.scan(created.qr_text(at=created.received_at + 1000))


def _token_for_the_result(lab: Lab) -> None:
    created = lab.login()
    lab.scan(lab.code_after(created, 1))
    lab.approve()
    _raise_refusal(lab, "GET", f"/api/business/requests/{created.id}/result", created.status_token)


def _token_to_cancel(lab: Lab) -> None:
    created = lab.login()
    _raise_refusal(lab, "POST", f"/api/business/requests/{created.id}/cancel", created.status_token)


def _login_elsewhere(lab: Lab) -> None:
    created = lab.login()
    lab.scan(lab.code_after(created, 1))
    lab.approve()
    result = lab.business.result(created.id)
    result.verify(roots=[lab.root()], client_id=lab.other_client_id)


def _result_of_another_system(lab: Lab) -> None:
    created = lab.login()
    lab.scan(lab.code_after(created, 1))
    lab.approve()
    lab.other_business.result(created.id)


def _many_logins(lab: Lab) -> None:
    for _ in range(lab.service.settings.requests.requests_per_address + 1):
        lab.login()


def _worn_down(lab: Lab) -> None:
    number = lab.victim.status().shield_number
    document = Document(title="报关单", media_type="text/plain", content="报关单".encode())
    for _ in range(lab.service.settings.requests.requests_per_shield + 1):
        lab.business.request_signature([document], shield_number=number)


def _raise_refusal(lab: Lab, method: str, path: str, token: str) -> None:
    answer = lab.call(method, path, token)
    if answer.is_error:
        raise problem_of(answer.status_code, answer.headers["content-type"], answer.content)
    raise AssertionError(f"{method} {path}: {answer.status_code}, no refusal")


CODES: Final = (
    Attack(
        name="Still photo (QRLJacking)",
        does="shows a photo of their login's QR code on a page that imitates the business system's; it is scanned "
        "6 s later",
        ends="qr_stale",
        why="each second has its own code, which is valid for 5 s",
        play=_photo,
    ),
    Attack(
        name="Copied link",
        does="sends the code's text as a link by chat; the victim opens it 20 s later",
        ends="qr_stale",
        why="a code is valid for 5 s",
        play=_copied_link,
    ),
    Attack(
        name="Code received in advance, in time",
        does=f"sends, as a link, the last of the {QR_TEXTS} codes that their own page received in advance; the victim "
        f"opens it {AHEAD_SECONDS} s later and enters their PIN",
        ends=None,
        why="a page needs codes in advance, to bridge interruptions; the only defence is what the phone displays",
        play=_coming_code_in_time,
    ),
    Attack(
        name="Code received in advance, too late",
        does=f"the same, opened more than {AHEAD_SECONDS} s later",
        ends="qr_stale",
        why=f"a page has at most {QR_TEXTS} codes: the last is for {QR_TEXTS - 1} s later, and is valid for "
        f"{QR_MS // 1000} s from then",
        play=_coming_code_too_late,
    ),
    Attack(
        name="Forwarded video, 8 s late",
        does="films their screen and streams it to the victim's page",
        ends="qr_stale",
        why="a code is valid for 5 s",
        play=_slow_video,
    ),
    Attack(
        name="Forwarded video, 2 s late",
        does="the same over a fast line, and the victim enters their PIN",
        ends=None,
        why="no code can detect it. The phone shows the business system's domain, and address and browser of the "
        "attacker's PC; if the victim enters their PIN nevertheless, the attacker is logged in",
        play=_fast_video,
    ),
    Attack(
        name="Forwarded video, noticed",
        does="the same, but the victim sees a foreign address and taps 不是我发起的 (not me)",
        ends="not_signed",
        why="the request ends; the business system receives `not_me` and should treat it as an attack",
        play=_fast_video_noticed,
    ),
)
MADE_UP: Final = (
    Attack(
        name="Made-up code",
        does="knows a request's id and makes a code themselves",
        ends="not_found",
        why="codes are HMACs under a secret that only the business system's server or our page has",
        play=_guessed_code,
    ),
    Attack(
        name="Code of another request",
        does="puts the id of their own request into a code of another",
        ends="not_found",
        why="each request has its own secret",
        play=_code_of_another,
    ),
    Attack(
        name="Code of a later second",
        does="uses a code of the next minute",
        ends="qr_stale",
        why="a code is valid at most 1 s early",
        play=_future_code,
    ),
    Attack(
        name="Code of an ended request",
        does="shows the code again after the victim declined",
        ends="request_closed",
        why="a request that has ended stays ended",
        play=_ended_request,
    ),
    Attack(
        name="Stolen status token: result",
        does="reads the status token from the PC's page and asks for the result",
        ends="wrong_client",
        why="the token only reads one request's state; results need the business system's secret, on its server",
        play=_token_for_the_result,
    ),
    Attack(
        name="Stolen status token: cancel",
        does="tries to end the victim's request with it",
        ends="wrong_client",
        why="the token only reads. But whoever reads the page also sees its codes each second: a fast relay, as above",
        play=_token_to_cancel,
    ),
    Attack(
        name="Login presented elsewhere",
        does="presents the victim's signature for one business system to another",
        ends="message_mismatch",
        why="the signed message names client, domain and request, and the verifier compares them",
        play=_login_elsewhere,
    ),
    Attack(
        name="Result of another business system",
        does="as a registered business system, asks for the result of another system's request",
        ends="not_found",
        why="a request belongs to one business system; others can't even learn that it exists",
        play=_result_of_another_system,
    ),
)
FLOODS: Final = (
    Attack(
        name="Many logins",
        does="begins a login every two seconds to always have a fresh code",
        ends="too_many_requests",
        why="logins, and signatures without a shield number, are limited per business system and address of the PC",
        play=_many_logins,
    ),
    Attack(
        name="Many requests to one shield",
        does="has a business system make requests by shield number until the victim signs one by mistake",
        ends="inbox_full",
        why="a business system can have at most ten requests in a shield's inbox, and add twenty a minute",
        play=_worn_down,
    ),
)
