"""Sources of accounts besides the service's own table: systems whose users log in with their credentials there (R2).

A source either checks a password or has its own login page. Both return the user's data, which are validated
before use.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

import msgspec

from mshield.server.runtime.external.call import OutsideError, OutsideSystem
from mshield.wire.outside_accounts import AccountSource


class OutsidePerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """User data as returned by a source, unchecked. The source never changes or reassigns `external_id`.

    `verified`: the source states that it verified the user's identity.
    """

    external_id: str
    name: str
    id_type: str
    id_number: str
    phone: str
    verified: bool = False

    def __repr__(self) -> str:
        return f"OutsidePerson({self.external_id!r})"


class PasswordSource(Protocol):
    """Source that checks passwords."""

    async def check(self, account: str, password: str) -> OutsidePerson | None:
        """Returns the user, or None for a wrong account or password. Raises: OutsideError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLogin:
    """Values that link a visit to the login page to the return from it; all but the return address are secrets."""

    redirect_uri: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class PageSource(Protocol):
    """Source with a login page."""

    async def address(self, login: PageLogin, *, state: str, now: int) -> str:
        """Returns the address of the login page. Raises: OutsideError."""

    async def person(self, code: str, login: PageLogin, *, now: int) -> OutsidePerson | None:
        """Returns the user behind a code, or None for an invalid code. Raises: OutsideError."""


@dataclass(frozen=True, slots=True)
class AccountSources:
    """All outside sources by name."""

    names: tuple[AccountSource, ...] = ()
    passwords: Mapping[str, PasswordSource] = field(default_factory=lambda: MappingProxyType({}))
    pages: Mapping[str, PageSource] = field(default_factory=lambda: MappingProxyType({}))


class _PersonAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    person: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class HttpAccounts(OutsideSystem):
    """Source that checks passwords over HTTP: `POST url {account, password}` with a bearer secret.

    `identity_claim` names the member that is true for users whose identity the source has verified; empty if
    there is none.
    """

    identity_claim: str = ""

    async def check(self, account: str, password: str) -> OutsidePerson | None:
        """Sends the password once, since a wrong one must not count twice at the source. Raises: OutsideError."""
        question = {"account": account, "password": password}
        answer = await self.ask_json(question, _PersonAnswer, repeatable=False)
        try:
            return None if answer.person is None else self._read(answer.person)
        except msgspec.ValidationError as error:
            raise OutsideError("a malformed answer") from error

    def _read(self, person: dict[str, Any]) -> OutsidePerson:
        """Converts the answer's person. Raises: ValidationError."""
        claims = {name: value for name, value in person.items() if name != self.identity_claim}
        if "verified" in claims:  # Accept our own field name only if it is the agreed claim.
            raise msgspec.ValidationError("an unknown field")
        verified = bool(self.identity_claim) and person.get(self.identity_claim) is True
        return msgspec.convert({**claims, "verified": verified}, OutsidePerson)
