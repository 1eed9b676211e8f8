"""One person in a flow with network faults: phone, legal representative's portal, and what they have seen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mshield.client import BusinessClient
from mshield.client.business.values import Created
from mshield.testkit.demo.people import Person
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.portal import PortalClient
from tests.support.lossy_line import Service
from tests.support.oidc_provider import Provider
from tests.support.outside_systems import AccountOffice


@dataclass(slots=True)
class Around:
    """Outside systems with accounts for the logins."""

    office: AccountOffice
    office_url: str
    provider: Provider


@dataclass(slots=True)
class Case:
    """One person with a phone, and values that a flow keeps for its later steps."""

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
        """The state of the business system's request."""
        return self.business.status(self.asked.id).state

    def sent(self, purpose: str) -> int:
        """Counts the SMS codes charged to this number."""
        return self.service.count(
            "SELECT COUNT(*) AS n FROM sms_codes WHERE phone = $1 AND purpose = $2",
            self.person.phone,
            purpose,
        )


Step = Callable[[Case], None]


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow: preparation without loss, the steps that meet a loss, the check at the end, and the SMS they cost.

    `settings` are the service's, if the flow needs special ones.
    """

    before: tuple[Step, ...]
    steps: tuple[Step, ...]
    holds: Step
    sms: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
