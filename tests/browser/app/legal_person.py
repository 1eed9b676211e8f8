"""The legal person at the portal (三证合一), by its HTTP client."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from mshield.client.portal import PortalClient
from mshield.demo.people import Person
from tests.service import LiveService, register


@contextmanager
def portal(service: LiveService, person: Person) -> Iterator[PortalClient]:
    """Logged in; he registers the first time."""
    mark = service.folder / f"registered-{person.phone}"
    if not mark.exists():
        with service.phone(f"registers-{person.phone}") as other:
            register(service, other, person)
        mark.touch()
        _wait_for_the_next_sms()
    with PortalClient(service.origin) as client:
        captcha = client.captcha().captcha_id
        answer = service.get(f"/dev/captchas/{captcha}")["answer"]
        begun = client.begin_login(
            account=person.phone, password=person.password, captcha_id=captcha, captcha=answer
        )
        client.finish_login(begun.login_id, service.sms_code("portal", person))
        yield client


def revoke(service: LiveService, person: Person, shield_number: str, *, reason: str) -> None:
    """He ends a shield for good."""
    with portal(service, person) as client:
        _wait_for_the_next_sms()
        client.request_revocation_code()
        client.revoke(
            person.credit_code,
            [shield_number],
            reason=reason,
            cause="superseded",
            sms_code=service.sms_code("revoke", person),
        )


def _wait_for_the_next_sms() -> None:
    time.sleep(1.05)
