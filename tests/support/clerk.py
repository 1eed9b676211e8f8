"""Staff for console tests, with a session whose second factor was shown just now."""

from dataclasses import dataclass, field
from typing import Final

import httpx

from mshield.server.staff.rules import StaffRole
from tests.support.application import Application

READING: Final = frozenset({"GET"})
_FRESH_MS: Final = 4 * 60_000


@dataclass(slots=True)
class Staff:
    """A member of staff with given roles."""

    application: Application
    id: str
    headers: dict[str, str] = field(default_factory=dict)
    since: int = 0

    @classmethod
    async def of(cls, application: Application, *roles: StaffRole) -> "Staff":
        """Adds a member."""
        return cls(application, (await application.staff(*roles)).id)

    async def session(self) -> dict[str, str]:
        """Returns the headers of their session.

        Opens a new session before critical acts would need another second factor.
        """
        now = self.application.clock()
        if not self.headers or abs(now - self.since) >= _FRESH_MS:
            self.headers, self.since = await self.application.session_of(self.id), now
        return self.headers

    async def call(
        self, method: str, path: str, document: object = None, *, key: str | None = None, **query: str
    ) -> httpx.Response:
        """Calls `path` below /api/console."""
        headers = await self.session() | ({} if key is None else {"Idempotency-Key": key})
        return await self.application.http.request(
            method, f"/api/console{path}", json=document, params=query or None, headers=headers
        )

    async def send_list(self, content: bytes, media_type: str) -> httpx.Response:
        """Imports a filing list."""
        headers = await self.session() | {"Content-Type": media_type}
        return await self.application.http.post(
            "/api/console/filing/imports", content=content, headers=headers
        )


@dataclass(frozen=True, slots=True)
class Program:
    """A program of a member with given roles, by its token."""

    application: Application
    headers: dict[str, str]

    @classmethod
    async def of(cls, application: Application, *roles: StaffRole) -> "Program":
        """Creates a program of a new member."""
        return cls(application, {"Authorization": f"Bearer {await application.staff_token(*roles)}"})

    async def call(self, method: str, path: str, document: object = None) -> httpx.Response:
        """Calls `path` below /api/console."""
        url = f"/api/console{path}"
        return await self.application.http.request(method, url, json=document, headers=self.headers)


async def allowed_roles(application: Application, method: str, path: str, document: object) -> set[StaffRole]:
    """Returns the roles that may call an operation alone: those not refused with `forbidden`."""
    allowed = set()
    for role in StaffRole:
        answer = await (await Staff.of(application, role)).call(method, path, document)
        if answer.status_code != httpx.codes.FORBIDDEN:
            allowed.add(role)
    return allowed
