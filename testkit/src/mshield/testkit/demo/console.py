"""Staff of the demonstration's console, who set up their logins as its page does."""

from dataclasses import dataclass
from typing import Final

import httpx
import pyotp

from mshield.testkit.demo.second_person import SecondPerson, first_use
from mshield.testkit.demo.service import Service, StepFailed

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
"""Two, since dangerous acts need two security officers."""


def set_up_all(service: Service) -> str:
    """Adds the members of staff, and sets up their logins: password and authenticator app.

    The last of them is from then on the second person of the service's commands.
    """
    for officer in OFFICERS:
        roles = [part for role in officer.roles for part in ("--role", role)]
        http = _set_up(service, service.command("staff", "add", officer.name, *roles)["set_up"])
        service.second = SecondPerson(officer.name, PASSWORD, http)
    return ", ".join(officer.name for officer in OFFICERS)


def _set_up(service: Service, address: str) -> httpx.Client:
    """Sets up the login at this address, and returns the client that is logged in by it."""
    code = address.partition("#")[2]
    http = httpx.Client(base_url=service.origin, trust_env=False)
    offer = http.post(f"{_API}/set-ups", json={"code": code}).raise_for_status().json()["offer"]
    factor = first_use(pyotp.TOTP(offer["totp"]["secret"]), offer["enrolment"])
    document = {"code": code, "password": PASSWORD, "factor": factor}
    answer = http.post(f"{_API}/set-ups/completions", json=document)
    if not answer.is_success:
        raise StepFailed(f"the login at the console was not set up: {answer.text}")
    http.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return http
