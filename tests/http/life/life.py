"""Who calls the service in the life that meets every operation, and what all its parts need."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import SecretStr

from mshield.client import BusinessClient
from mshield.client.business.values import Created
from mshield.client.phone import VirtualPhone
from mshield.client.portal import PortalClient
from mshield.demo.people import OPERATOR_TO_CONFIRM, Person
from mshield.services.accounts.outside_login import RETURN_PATH
from mshield.services.ca.init_p256 import init_p256
from mshield.services.legal_person.outside_login import RETURN_PATH as PORTAL_RETURN_PATH
from mshield.services.operations.tell_log import sequence_and_tell
from mshield.setting_forms import AccountSource
from tests.support.application import ORIGIN
from tests.support.losing_line import Service, running_behind_a_line
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, providing
from tests.support.outside_systems import SECRET, Carrier, serving


@dataclass(slots=True)
class Life:
    """The service, and who calls it."""

    service: Service
    provider: Provider
    phone: VirtualPhone
    business: BusinessClient
    portal: PortalClient
    http: httpx.Client
    shield_number: str = ""

    def wait_a_minute(self) -> None:
        """Between two SMS codes."""
        self.service.clock.advance(seconds=61)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """A call that must be answered well."""
        answer = self.http.get(path, headers=headers)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer

    def post(self, path: str, content: bytes, media_type: str, **headers: str) -> httpx.Response:
        """The same, with a body."""
        answer = self.http.post(path, content=content, headers={"Content-Type": media_type, **headers})
        assert answer.is_success, f"{path}: {answer.text}"
        return answer

    def basic(self) -> dict[str, str]:
        """What the business system authenticates with."""
        made = self.service.application
        pair = base64.b64encode(f"{made.client_id}:{made.client_secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    def log(self) -> None:
        """Puts what was done into the transparency log."""
        context = self.service.application.context
        self.service.run(sequence_and_tell(context.log, context.security, now=self.service.clock()))

    def captcha_answer(self, captcha_id: str) -> str:
        """What the picture shows."""
        return str(self.service.get(f"/dev/captchas/{captcha_id}")["answer"])

    def sms_code(self, person: Person, purpose: str) -> str:
        """The newest code."""
        return self.service.sms_code(person, purpose)

    def qr(self, asked: Created) -> str:
        """What the PC shows now, by the test's clock."""
        begun = asked.expires_at - 120_000
        return asked.qr_text(asked.received_at + self.service.clock() - begun - asked.age)


@contextmanager
def living(database_url: str, folder: Path) -> Iterator[Life]:
    """A service that knows of an outside source of accounts and of a carrier, and its callers."""
    back = (ORIGIN + RETURN_PATH, ORIGIN + PORTAL_RETURN_PATH)
    with providing(*back) as provider, _service(database_url, folder, provider) as service:
        provider.clock = service.clock
        # Somebody else: an account comes from one place.
        provider.person |= {
            "sub": "su-9",
            "name": "沈若澜",
            "id_number": "33020319930727264X",
            "phone_number": "13800001111",
        }
        context = service.application.context
        service.run(init_p256(context.db, context.keyring, renew=False, now=service.clock()))
        portal = PortalClient(ORIGIN, transport=service.line)
        http = httpx.Client(transport=service.line, base_url=ORIGIN)
        yield Life(service, provider, service.phone(), service.business(), portal, http)


@contextmanager
def _service(database_url: str, folder: Path, provider: Provider) -> Iterator[Service]:
    customs = AccountSource(
        name="customs", kind="oidc", title_zh="互联网+海关", title_en="Internet+Customs", url=provider.issuer,
        client_id=CLIENT_ID, secret=SecretStr(CLIENT_SECRET), seconds=5,
    )  # fmt: skip
    holders = {OPERATOR_TO_CONFIRM.phone: (OPERATOR_TO_CONFIRM.name, OPERATOR_TO_CONFIRM.id_number)}
    with serving(Carrier(holders)) as carrier:
        settings: dict[str, object] = {
            "account_sources": (customs,),
            "p256_status": True,
            "return_schemes": ("palmcustoms",),
            "sms_codes_per_day": 30,
            "real_name_url": carrier.url,
            "real_name_secret": SecretStr(SECRET),
        }
        with running_behind_a_line(database_url, folder, **settings) as made:
            yield made
