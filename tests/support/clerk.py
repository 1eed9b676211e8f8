"""Staff as the tests of the console call in their name."""

from typing import Final

import httpx

from mshield.domain.staff import StaffRole
from tests.support.application import Application

READING: Final = frozenset({"GET"})


class Staff:
    """A member of staff with these roles."""

    def __init__(self, application: Application, token: str) -> None:
        self.application = application
        self.token = token

    @classmethod
    async def of(cls, application: Application, *roles: StaffRole) -> "Staff":
        """A new member."""
        return cls(application, await application.staff_token(*roles))

    @property
    def id(self) -> str:
        """As acts name him."""
        return self.token.partition(".")[0]

    async def call(
        self, method: str, path: str, document: object = None, *, key: str | None = None, **query: str
    ) -> httpx.Response:
        """`path` below /api/console."""
        headers = {"Authorization": f"Bearer {self.token}"} | (
            {} if key is None else {"Idempotency-Key": key}
        )
        return await self.application.http.request(
            method, f"/api/console{path}", json=document, params=query or None, headers=headers
        )


async def allowed_roles(application: Application, method: str, path: str, document: object) -> set[StaffRole]:
    """Which roles alone open an operation: who isn't refused with `forbidden`."""
    found = set()
    for role in StaffRole:
        answer = await (await Staff.of(application, role)).call(method, path, document)
        if answer.status_code != httpx.codes.FORBIDDEN:
            found.add(role)
    return found
