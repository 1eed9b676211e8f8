"""The relay lab's attacks by links that open the app on the phone, and on the way back from it."""

from typing import Final

from mshield.client import Document, read_return
from mshield.client.business.values import Created
from mshield.demo.people import OPERATOR
from tests.security.relay.attacks import Attack
from tests.security.relay.lab import Lab
from tests.support.return_url import RETURN_URL


def _app_link(lab: Lab) -> None:
    document = Document(title="报关单", media_type="text/plain", content="报关单".encode())
    lab.scan(lab.business.request_signature([document], channel="app", return_url=RETURN_URL).app_link)


def _signed_by_the_victim(lab: Lab) -> tuple[Created, str]:
    """The attacker's login by app, which their victim signs; and the address that the victim's phone then opens."""
    lab.victim.bind(OPERATOR.pin)
    created = lab.business.request_login(channel="app", return_url=RETURN_URL)
    lab.scan(created.app_link)
    back = lab.victim.approve(pin=OPERATOR.pin).return_address
    assert back is not None
    return created, back


def _app_link_to_a_bound_phone(lab: Lab) -> None:
    created, _ = _signed_by_the_victim(lab)
    # The attacker's session sees that it is signed, and would have the result; the code isn't theirs.
    assert lab.business.status(created.id).state == "signed"
    lab.business.result(created.id)


def _victim_led_back(lab: Lab) -> None:
    _, back = _signed_by_the_victim(lab)
    # The victim's browser made no request at the business system.
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
    # What an app that claims the same scheme on the victim's phone would read, and send to the attacker.
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
        does="sends the link of their own login to a victim who has bound their certificate, and who enters their PIN; "
        "then their session asks for the result",
        ends="wrong_return_code",
        why="the code that fetches the result goes with the way back, to the victim's browser; the attacker's "
        "session sees `signed` and gets nothing",
        play=_app_link_to_a_bound_phone,
    ),
    Attack(
        name="The same, the victim's browser comes back",
        does="the same, and hopes that the business system puts the code which the victim's browser brings to the "
        "attacker's request",
        ends="other_session",
        why="a session takes back only the request that it made itself: the SDK's `read_return` compares",
        play=_victim_led_back,
    ),
    Attack(
        name="Code of another return",
        does="presents the code of a request of their own for that which the victim signed",
        ends="wrong_return_code",
        why="each request has its own code, an HMAC under a key that only the service has",
        play=_other_code,
    ),
    Attack(
        name="Return to the attacker",
        does="has the business system's page ask with an address of their own to lead back to",
        ends="return_url_unknown",
        why="only addresses that were registered with the business system count, character by character",
        play=_own_return_address,
    ),
    Attack(
        name="Copied app link, refused",
        does="the same to a victim who taps 不是我发起的 (not me)",
        ends="not_signed",
        why="the way back of what isn't signed carries no code",
        play=_declined_by_the_victim,
    ),
    Attack(
        name="Copied app link and a thief on the phone",
        does="the same, and has an app on the victim's phone that claims the business app's own scheme and passes the "
        "address on to them",
        ends=None,
        why="no scheme has an owner. Register an https address that the system verifies as the app's (Android App "
        "Links, iOS Universal Links) rather than a scheme of your own",
        play=_kept_return_address,
    ),
)
