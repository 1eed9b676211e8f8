"""Staff at the console of the running application, with browsers, passwords and one-time codes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import pyotp
import pytest

from mshield.server.acts.actor import SERVICE
from mshield.server.staff.members import add_staff, list_staff
from mshield.server.staff.rules import StaffRole
from mshield.server.staff.set_up import renew_set_up
from tests.support.application import ORIGIN, Application
from tests.support.captchas import answered_captcha
from tests.support.conformance import Conforming

API: Final = "/api/console"
PASSWORD: Final = "Console-desk-2026"
STEP_SECONDS: Final = 30


@dataclass(slots=True)
class Clerk:
    """A member of staff with a browser; `secret` is that of their TOTP once set up."""

    application: Application
    http: httpx.AsyncClient
    id: str
    name: str
    roles: tuple[StaffRole, ...]
    set_up_code: str
    secret: str = ""
    csrf: str | None = None
    begun: dict[str, Any] = field(default_factory=dict)

    @classmethod
    async def added(cls, application: Application, *roles: StaffRole) -> "Clerk":
        """Adds a member who isn't set up yet, with a browser of their own."""
        db, now = application.context.db, application.clock()
        name = f"员工 {len(await list_staff(db))}"
        member = await add_staff(db, name=name, roles=roles, now=now)
        _, code = await renew_set_up(db, staff_id=member.id, by=SERVICE, life=86_400, now=now)
        http = httpx.AsyncClient(transport=Conforming(application.app), base_url=ORIGIN)
        return cls(application, http, member.id, name, roles, code)

    @classmethod
    async def at_work(cls, application: Application, *roles: StaffRole) -> "Clerk":
        """Adds a member, sets them up and logs them in."""
        clerk = await cls.added(application, *roles)
        answer = await clerk.set_up()
        assert answer.status_code == 201, answer.text
        return clerk

    def code(self, *, steps: int = 0) -> str:
        """Returns the authenticator's code, `steps` time steps from now."""
        now = self.application.clock() // 1000
        return pyotp.TOTP(self.secret).at(now, counter_offset=steps)

    def next_code(self) -> str:
        """Advances the clock by a time step and returns its unused code."""
        self.application.clock.advance(seconds=STEP_SECONDS)
        return self.code()

    async def set_up(self, **changes: str) -> httpx.Response:
        """Opens their set-up address and completes it."""
        begun = await self.http.post(f"{API}/set-ups", json={"code": self.set_up_code})
        assert begun.status_code == 200, begun.text
        self.begun = begun.json()
        self.secret = self.begun["offer"]["totp"]["secret"]
        factor = {"enrolment": self.begun["offer"]["enrolment"], "totp_code": self.code()}
        factor |= {name: changes[name] for name in factor if name in changes}
        document = {"code": self.set_up_code, "password": PASSWORD, "factor": factor}
        document |= {name: changes[name] for name in document if name in changes}
        return self._entered(await self.http.post(f"{API}/set-ups/completions", json=document))

    async def begin(self, password: str = PASSWORD, *, name: str | None = None) -> httpx.Response:
        """Makes the first half of a login."""
        captcha = await answered_captcha(self.http, f"{API}/captchas")
        document = {"name": name or self.name, "password": password, **captcha}
        answer = await self.http.post(f"{API}/logins", json=document)
        if answer.is_success:
            self.begun = answer.json()
        return answer

    async def finish(self, code: str) -> httpx.Response:
        """Makes the second half, by a one-time code."""
        document = {"login_id": self.begun["login_id"], "code": code}
        return self._entered(await self.http.post(f"{API}/sessions", json=document))

    async def token(self) -> str:
        """Creates a token of theirs for a program."""
        return await self.application.token_of(self.id, *self.roles)

    async def confirm(self) -> httpx.Response:
        """Shows their second factor again, in this session."""
        request = await self.call("POST", "/session/factor-requests")
        assert request.status_code == 201, request.text
        document = {"id": request.json()["id"], "code": self.next_code()}
        return await self.call("POST", "/session/factor", document)

    async def log_in(self) -> httpx.Response:
        """Makes both halves of a login."""
        assert (await self.begin()).status_code == 201
        answer = await self.finish(self.next_code())
        assert answer.status_code == 201, answer.text
        return answer

    async def call(self, method: str, path: str, document: object = None, **headers: str) -> httpx.Response:
        """Makes a call of their page."""
        own = {} if self.csrf is None or method == "GET" else {"X-CSRF-Token": self.csrf}
        return await self.http.request(method, f"{API}{path}", json=document, headers=own | headers)

    async def decide(
        self, asked: Mapping[str, Any], decision: str = "approve", **more: object
    ) -> httpx.Response:
        """Decides an approval request; a refusal gets a reason."""
        reason = {"reason": "材料不全"} if decision == "refuse" else {}
        document = {"decision": decision, **reason, **more}
        return await self.call("POST", f"/approvals/{asked['id']}/decision", document)

    def _entered(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            self.csrf = answer.json()["csrf_token"]
        return answer


def two_at_work(role: StaffRole) -> tuple[object, object]:
    """Returns fixtures `one` and `other` for a module: two members of this role, one to request and one to decide."""

    @pytest.fixture(name="one")
    async def one(application: Application) -> Clerk:
        return await Clerk.at_work(application, role)

    @pytest.fixture(name="other")
    async def other(application: Application, one: Clerk) -> Clerk:
        assert one.csrf
        return await Clerk.at_work(application, role)

    return one, other
