"""Staff as the tests of the console call in their name: with a session whose second factor was shown just now."""

from dataclasses import dataclass, field
from typing import Final

import httpx

from mshield.domain.staff import StaffRole
from tests.support.application import Application

READING: Final = frozenset({"GET"})
_FRESH_MS: Final = 4 * 60_000


@dataclass(slots=True)
class Staff:
    """A member of staff with these roles."""

    application: Application
    id: str
    headers: dict[str, str] = field(default_factory=dict)
    since: int = 0

    @classmethod
    async def of(cls, application: Application, *roles: StaffRole) -> "Staff":
        """A new member."""
        return cls(application, (await application.staff(*roles)).id)

    async def session(self) -> dict[str, str]:
        """The headers of their session, of a new one where grave acts would ask for the second factor again."""
        now = self.application.clock()
        if not self.headers or abs(now - self.since) >= _FRESH_MS:
            self.headers, self.since = await self.application.session_of(self.id), now
        return self.headers

    async def call(
        self, method: str, path: str, document: object = None, *, key: str | None = None, **query: str
    ) -> httpx.Response:
        """`path` below /api/console."""
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
    """A program of a member with these roles, by its token."""

    application: Application
    headers: dict[str, str]

    @classmethod
    async def of(cls, application: Application, *roles: StaffRole) -> "Program":
        """One of a new member's."""
        return cls(application, {"Authorization": f"Bearer {await application.staff_token(*roles)}"})

    async def call(self, method: str, path: str, document: object = None) -> httpx.Response:
        """`path` below /api/console."""
        url = f"/api/console{path}"
        return await self.application.http.request(method, url, json=document, headers=self.headers)


async def allowed_roles(application: Application, method: str, path: str, document: object) -> set[StaffRole]:
    """Which roles alone open an operation: who isn't refused with `forbidden`."""
    found = set()
    for role in StaffRole:
        answer = await (await Staff.of(application, role)).call(method, path, document)
        if answer.status_code != httpx.codes.FORBIDDEN:
            found.add(role)
    return found
