"""The legal representative's account at the running service, a second shield in their enterprise, and staff."""

from collections.abc import Iterator

import pytest

from mshield.testkit.demo.people import LEGAL_PERSON
from mshield.testkit.phone import VirtualPhone
from tests.browser.app.seeded import CLERK
from tests.browser.conftest import Party
from tests.browser.desk.console import console_desk, log_in_as
from tests.support import legal_person
from tests.support.live_service import apply, ensure_registered, log_in

__all__ = ["clerk", "console_desk", "log_in_as", "own_phone"]


@pytest.fixture(scope="module")
def clerk(party: Party) -> Iterator[VirtualPhone]:
    """A second operator's phone, with a certificate until the end; the legal representative needs none."""
    service = party.service
    for person in (LEGAL_PERSON, CLERK):
        ensure_registered(service, person)
    with service.phone("clerk-at-the-desk") as phone:
        log_in(service, phone, CLERK)
        apply(service, phone, CLERK)
        number = phone.certificate().shield_number
        yield phone
    with legal_person.at_the_portal(service) as portal:
        legal_person.revoke(service, portal, number)


@pytest.fixture(scope="module")
def own_phone(party: Party, clerk: VirtualPhone) -> Iterator[VirtualPhone]:
    """The legal representative's own shield."""
    assert clerk.certificate().state == "active"
    service = party.service
    with service.phone("legal-person-at-the-desk") as phone:
        log_in(service, phone, LEGAL_PERSON)
        apply(service, phone, LEGAL_PERSON)
        yield phone
