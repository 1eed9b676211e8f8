"""The legal representative's steps at the portal, and the checks at the end of a flow (R14)."""

from typing import Final

from mshield.client.errors import ClientError
from mshield.testkit.demo.people import LEGAL_PERSON
from mshield.testkit.portal import PortalClient
from mshield.wire.portal import Act
from tests.fault.case import Case
from tests.support.application import ORIGIN

_PERSON: Final = LEGAL_PERSON
_EVENTS: Final = (
    "SELECT COUNT(*) AS n FROM certificate_events e JOIN certificates c ON c.serial = e.serial"
    " WHERE e.event = $1 AND c.shield_number = $2"
)


def open_the_portal(case: Case) -> None:
    """Makes sure that the enterprise's legal representative has an account."""
    phone = case.service.phone()
    if case.service.count("SELECT COUNT(*) AS n FROM accounts WHERE phone = $1", _PERSON.phone) == 0:
        phone.request_sms_code("register", phone=_PERSON.phone)
        phone.register(
            name=_PERSON.name,
            id_type="resident_id",
            id_number=_PERSON.id_number,
            phone=_PERSON.phone,
            sms_code=case.service.sms_code(_PERSON, "register"),
            password=_PERSON.password,
        )
    case.portal = PortalClient(ORIGIN, transport=case.service.line, sleep=lambda _seconds: None)


def note_the_shield(case: Case) -> None:
    case.seen["shield"] = case.phone.status().shield_number or ""


def begin_portal_login(case: Case) -> None:
    captcha = case.at_the_portal.captcha().captcha_id
    answer = case.service.get(f"/dev/captchas/{captcha}")["answer"]
    begun = case.at_the_portal.begin_login(
        account=_PERSON.phone, password=_PERSON.password, captcha_id=captcha, captcha=answer
    )
    case.seen["login"] = begun.login_id


def finish_portal_login(case: Case) -> None:
    case.at_the_portal.finish_login(case.seen["login"], case.service.sms_code(_PERSON, "portal"))


def _act(case: Case, act: Act) -> None:
    (outcome,) = case.at_the_portal.act(_PERSON.credit_code, act, [case.seen["shield"]], reason="手机遗失")
    assert outcome.outcome in {"changed", "unchanged"}


def report_loss(case: Case) -> None:
    _act(case, "report_loss")


def lift_loss(case: Case) -> None:
    _act(case, "lift_loss")


def get_revocation_code(case: Case) -> None:
    case.at_the_portal.request_revocation_code()


def revoke(case: Case) -> None:
    (outcome,) = case.at_the_portal.revoke(
        _PERSON.credit_code,
        [case.seen["shield"]],
        reason="更换手机",
        cause="superseded",
        sms_code=case.service.sms_code(_PERSON, "revoke"),
    )
    assert outcome.outcome in {"changed", "unchanged"}


def is_at_the_portal(case: Case) -> None:
    assert case.at_the_portal.session().name == _PERSON.name


def is_lost_and_found(case: Case) -> None:
    """Asserts that each act is in the shield's history once."""
    for event in ("report_loss", "lift_loss"):
        assert case.service.count(_EVENTS, event, case.seen["shield"]) == 1
    shown = case.at_the_portal.shield(_PERSON.credit_code, case.seen["shield"])
    assert (shown.shield.state, shown.shield.holds) == ("active", ())


def is_revoked_once(case: Case) -> None:
    assert case.service.count(_EVENTS, "revoke", case.seen["shield"]) == 1
    assert case.phone.certificate().state == "revoked"


def log_out_of_the_portal(case: Case) -> None:
    try:
        case.at_the_portal.logout()
    except ClientError as error:
        if error.code != "unauthenticated":  # already ended, and the answer was lost
            raise


def is_out_of_the_portal(case: Case) -> None:
    assert case.service.count(_LOGINS, _PERSON.phone) == 0


_LOGINS: Final = (
    "SELECT COUNT(*) AS n FROM portal_sessions s JOIN accounts a ON a.id = s.account_id"
    " WHERE a.phone = $1 AND s.ended_at IS NULL"
)
