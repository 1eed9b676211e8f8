"""Who works at the console of the demonstration: members of staff who set up their logins as a page does it."""

from dataclasses import dataclass
from typing import Final

import httpx
import pyotp

from mshield.demo.service import Service, StepFailed

PASSWORD: Final = "Demo-console-2026"  # noqa: S105  # of a local demonstration
_API: Final = "/api/console"


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff."""

    name: str
    roles: tuple[str, ...]


OFFICERS: Final = (
    Staff("周启明", ("filing_officer", "customer_service", "security_officer", "auditor")),
    Staff("许安然", ("security_officer",)),
)
"""Two, since what is dangerous takes two security officers."""


def set_up_all(service: Service) -> str:
    """Adds them, and sets up each login: password and authenticator."""
    for officer in OFFICERS:
        roles = [part for role in officer.roles for part in ("--role", role)]
        _set_up(service, service.command("staff", "add", officer.name, *roles)["set_up"])
    return ", ".join(officer.name for officer in OFFICERS)


def _set_up(service: Service, address: str) -> None:
    code = address.partition("#")[2]
    with httpx.Client(base_url=service.origin, trust_env=False) as http:
        offer = http.post(f"{_API}/set-ups", json={"code": code}).raise_for_status().json()["offer"]
        shown = pyotp.TOTP(offer["totp"]["secret"]).now()
        factor = {"enrolment": offer["enrolment"], "totp_code": shown}
        document = {"code": code, "password": PASSWORD, "factor": factor}
        answer = http.post(f"{_API}/set-ups/completions", json=document)
        if not answer.is_success:
            raise StepFailed(f"the login at the console was not set up: {answer.text}")
