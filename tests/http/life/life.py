"""Callers and shared helpers of the scenario that calls every operation."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import SecretStr

from mshield.client import BusinessClient
from mshield.client.business.values import Created
from mshield.server.accounts.outside_login import RETURN_PATH
from mshield.server.ca.init_p256 import init_p256
from mshield.server.legal_person.outside_login import RETURN_PATH as PORTAL_RETURN_PATH
from mshield.server.log.sequence_and_report import sequence_and_report
from mshield.server.settings.forms import AccountSource
from mshield.testkit.demo.people import OPERATOR_TO_CONFIRM, Person
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.portal import PortalClient
from tests.support.application import ORIGIN
from tests.support.lossy_line import Service, running_behind_a_lossy_line
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, providing
from tests.support.outside_systems import SECRET, Carrier, serving


@dataclass(slots=True)
class Life:
    """The service and its callers."""

    service: Service
    provider: Provider
    phone: VirtualPhone
    business: BusinessClient
    portal: PortalClient
    http: httpx.Client
    shield_number: str = ""

    def wait_a_minute(self) -> None:
        """Waits the minimum pause between two SMS codes."""
        self.service.clock.advance(seconds=61)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Calls GET and asserts status 200."""
        answer = self.http.get(path, headers=headers)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer

    def post(self, path: str, content: bytes, media_type: str, **headers: str) -> httpx.Response:
        """Calls POST with a body and asserts success."""
        answer = self.http.post(path, content=content, headers={"Content-Type": media_type, **headers})
        assert answer.is_success, f"{path}: {answer.text}"
        return answer

    def basic(self) -> dict[str, str]:
        """Returns the business system's authentication header."""
        made = self.service.application
        pair = base64.b64encode(f"{made.client_id}:{made.client_secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    def log(self) -> None:
        """Writes pending entries into the transparency log."""
        context = self.service.application.context
        self.service.run(sequence_and_report(context.log, context.security, now=self.service.clock()))

    def captcha_answer(self, captcha_id: str) -> str:
        """Returns the answer of a captcha."""
        return str(self.service.get(f"/dev/captchas/{captcha_id}")["answer"])

    def sms_code(self, person: Person, purpose: str) -> str:
        """Returns the newest code."""
        return self.service.sms_code(person, purpose)

    def qr(self, asked: Created) -> str:
        """Returns the QR code shown on the PC now, by the test's clock."""
        begun = asked.expires_at - 120_000
        return asked.qr_text(asked.received_at + self.service.clock() - begun - asked.age)


@contextmanager
def living(database_url: str, folder: Path) -> Iterator[Life]:
    """Yields a service with an outside source of accounts and a carrier, and its callers."""
    back = (ORIGIN + RETURN_PATH, ORIGIN + PORTAL_RETURN_PATH)
    with providing(*back) as provider, _service(database_url, folder, provider) as service:
        provider.clock = service.clock
        # Another person, since an account comes from one source only.
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
        with running_behind_a_lossy_line(database_url, folder, **settings) as made:
            yield made
