"""The relay lab's attacks by links that open the app on the phone, and on the return from it."""

from typing import Final

from mshield.client import Document, read_return
from mshield.client.business.values import Created
from mshield.testkit.demo.people import OPERATOR
from tests.security.relay.attacks import Attack
from tests.security.relay.lab import Lab
from tests.support.return_url import RETURN_URL


def _app_link(lab: Lab) -> None:
    document = Document(title="报关单", media_type="text/plain", content="报关单".encode())
    lab.scan(lab.business.request_signature([document], channel="app", return_url=RETURN_URL).app_link)


def _signed_by_the_victim(lab: Lab) -> tuple[Created, str]:
    """Returns the attacker's login by app, signed by the victim, and the address that the victim's phone then opens."""
    lab.victim.bind(OPERATOR.pin)
    created = lab.business.request_login(channel="app", return_url=RETURN_URL)
    lab.scan(created.app_link)
    back = lab.victim.approve(pin=OPERATOR.pin).return_address
    assert back is not None
    return created, back


def _app_link_to_a_bound_phone(lab: Lab) -> None:
    created, _ = _signed_by_the_victim(lab)
    # The attacker's session sees that it is signed and could get the result, but lacks the code.
    assert lab.business.status(created.id).state == "signed"
    lab.business.result(created.id)


def _victim_led_back(lab: Lab) -> None:
    _, back = _signed_by_the_victim(lab)
    # The victim's browser started no request at the business system.
    read_return(back, request_id=None)


def _other_code(lab: Lab) -> None:
    created, _ = _signed_by_the_victim(lab)
    mine, back = _signed_by_the_victim(lab)
    code = read_return(back, request_id=mine.id).return_code
    lab.business.result(created.id, return_code=code)


def _own_return_address(lab: Lab) -> None:
    lab.business.request_login(channel="app", return_url="https://attacker.example/signed")


def _declined_by_the_victim(lab: Lab) -> None:
    lab.victim.bind(OPERATOR.pin)
    created = lab.business.request_login(channel="app", return_url=RETURN_URL)
    lab.scan(created.app_link)
    back = lab.victim.decline(reason="not_me") or ""
    assert read_return(back, request_id=created.id).return_code is None
    lab.business.result(created.id)


def _kept_return_address(lab: Lab) -> None:
    created, back = _signed_by_the_victim(lab)
    # An app that claims the same scheme on the victim's phone could read this and send it to the attacker.
    stolen = read_return(back, request_id=created.id)
    lab.business.result(created.id, return_code=stolen.return_code)


APP_LINKS: Final = (
    Attack(
        name="Copied app link",
        does="sends an app-to-app link to a victim whose certificate is not bound",
        ends="not_bound",
        why="app-to-app signing needs a certificate that its user bound with their PIN (R8)",
        play=_app_link,
    ),
    Attack(
        name="Copied app link, bound certificate",
        does="sends the link of their own login to a victim with a bound certificate, who enters their PIN; then the "
        "attacker's session asks for the result",
        ends="wrong_return_code",
        why="the result needs the return code, which is in the address that the victim's browser opens; the attacker's "
        "session only sees `signed`",
        play=_app_link_to_a_bound_phone,
    ),
    Attack(
        name="Copied app link, the victim's browser returns",
        does="the same, and hopes that the business system applies the code from the victim's browser to the "
        "attacker's request",
        ends="other_session",
        why="a session must accept only the return of its own request, which the SDK's `read_return` checks",
        play=_victim_led_back,
    ),
    Attack(
        name="Code of another return",
        does="uses the return code of their own request for the one that the victim signed",
        ends="wrong_return_code",
        why="each request has its own code, an HMAC under a key that only the service has",
        play=_other_code,
    ),
    Attack(
        name="Return to the attacker",
        does="has the business system make a request with the attacker's return address",
        ends="return_url_unknown",
        why="only addresses registered for the business system are accepted, compared character by character",
        play=_own_return_address,
    ),
    Attack(
        name="Copied app link, refused",
        does="sends the link to a victim who taps 不是我发起的 (not me)",
        ends="not_signed",
        why="the return address of an unsigned request has no code",
        play=_declined_by_the_victim,
    ),
    Attack(
        name="Copied app link and a malicious app",
        does="also has an app on the victim's phone that claims the business app's own URL scheme and passes on "
        "the return address",
        ends=None,
        why="any app can claim a scheme. Register an https address that the phone's system verifies as the app's "
        "(Android App Links, iOS Universal Links)",
        play=_kept_return_address,
    ),
)
