"""One person in a flow that the network disturbs: their phone, their legal person's portal, and what they have seen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mshield.client import BusinessClient
from mshield.client.business.values import Created
from mshield.client.phone import VirtualPhone
from mshield.client.portal import PortalClient
from mshield.demo.people import Person
from tests.support.losing_line import Service
from tests.support.oidc_provider import Provider
from tests.support.outside_systems import AccountOffice


@dataclass(slots=True)
class Around:
    """The outside systems whose accounts log in."""

    office: AccountOffice
    office_url: str
    provider: Provider


@dataclass(slots=True)
class Case:
    """One person with a phone, and what a flow leaves for its next steps."""

    service: Service
    person: Person
    phone: VirtualPhone
    business: BusinessClient
    around: Around
    portal: PortalClient | None = None
    captcha: str = ""
    request: Created | None = None
    seen: dict[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> Created:
        assert self.request is not None
        return self.request

    @property
    def at_the_portal(self) -> PortalClient:
        assert self.portal is not None
        return self.portal

    def state(self) -> str:
        """Of the business system's request."""
        return self.business.status(self.asked.id).state

    def sent(self, purpose: str) -> int:
        """SMS codes charged to this number."""
        return self.service.count(
            "SELECT COUNT(*) AS n FROM sms_codes WHERE phone = $1 AND purpose = $2",
            self.person.phone,
            purpose,
        )


Step = Callable[[Case], None]


@dataclass(frozen=True, slots=True)
class Flow:
    """What came before without a loss, the steps that meet one, what must hold at the end, the SMS that they cost.

    `settings` are the service's where the flow needs others.
    """

    before: tuple[Step, ...]
    steps: tuple[Step, ...]
    holds: Step
    sms: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
