"""The legal representative of a running service, over HTTP, with an account and no shield."""

from mshield.testkit.demo.people import LEGAL_PERSON, Person
from mshield.testkit.portal import PortalClient
from mshield.wire.portal import OutcomeMessage
from tests.support.live_service import LiveService, ensure_registered


def at_the_portal(service: LiveService, person: Person = LEGAL_PERSON) -> PortalClient:
    """Logs them in to the portal."""
    ensure_registered(service, person)
    portal = PortalClient(service.origin)
    captcha = portal.captcha()
    answer = service.get(f"/dev/captchas/{captcha.captcha_id}")["answer"]
    begun = portal.begin_login(
        account=person.phone,
        password=person.password,
        captcha_id=captcha.captcha_id,
        captcha=answer,
    )
    portal.finish_login(begun.login_id, service.sms_code("portal", person))
    return portal


def revoke(
    service: LiveService,
    portal: PortalClient,
    *shield_numbers: str,
    person: Person = LEGAL_PERSON,
    reason: str = "更换手机",
) -> list[OutcomeMessage]:
    """Revokes shields of their enterprise."""
    portal.request_revocation_code()
    return portal.revoke(
        person.credit_code,
        shield_numbers,
        reason=reason,
        cause="superseded",
        sms_code=service.sms_code("revoke", person),
    )
