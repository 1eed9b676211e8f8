"""Where accounts come from, beside the service's own table: systems whose users log in here as they are (R2).

A source checks a password, or has a page of its own where its user logs in. Either way it tells who the user is; what
it tells is checked before anything is made of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Protocol

import msgspec

from mshield.gateways.outside import OutsideError, ask_json


class OutsidePerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user as the source tells of them, unchecked; `external_id` never changes there and is given to nobody else.

    `verified`: the source says that it has verified who they are.
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
    """A source that checks passwords."""

    async def check(self, account: str, password: str) -> OutsidePerson | None:
        """The user, or None for a wrong account or password. Raises OutsideError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLogin:
    """What ties the way to the page and the way back together; all but the address to come back to are secrets."""

    redirect_uri: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class PageSource(Protocol):
    """A source with a login page."""

    async def address(self, login: PageLogin, *, state: str, now: int) -> str:
        """The page's address. Raises OutsideError."""

    async def person(self, code: str, login: PageLogin, *, now: int) -> OutsidePerson | None:
        """Whose code it is, or None for one that isn't good. Raises OutsideError."""


@dataclass(frozen=True, slots=True)
class SourceNames:
    """How a source is called: what users choose it by."""

    name: str
    kind: Literal["password", "page"]
    title_zh: str
    title_en: str


@dataclass(frozen=True, slots=True)
class AccountSources:
    """All sources outside, by name."""

    names: tuple[SourceNames, ...] = ()
    passwords: Mapping[str, PasswordSource] = field(default_factory=lambda: MappingProxyType({}))
    pages: Mapping[str, PageSource] = field(default_factory=lambda: MappingProxyType({}))


class _PersonAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    person: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class HttpAccounts:
    """A source that checks passwords over HTTP: `POST url {account, password}` with a bearer secret.

    `identity_claim` names the member that is true for a user whose identity it has verified, or is empty.
    """

    url: str
    secret: str = field(repr=False)
    seconds: float
    identity_claim: str = ""

    async def check(self, account: str, password: str) -> OutsidePerson | None:
        """Asks once: a wrong password must not count twice there. Raises OutsideError."""
        question = {"account": account, "password": password}
        answer = await ask_json(
            self.url, self.secret, question, _PersonAnswer, seconds=self.seconds, repeatable=False
        )
        try:
            return None if answer.person is None else self._read(answer.person)
        except msgspec.ValidationError as error:
            raise OutsideError("an answer out of form") from error

    def _read(self, person: dict[str, Any]) -> OutsidePerson:
        """Raises ValidationError."""
        claims = {name: value for name, value in person.items() if name != self.identity_claim}
        if "verified" in claims:  # the name is ours, and says nothing where it isn't the one that was agreed
            raise msgspec.ValidationError("an unknown field")
        verified = bool(self.identity_claim) and person.get(self.identity_claim) is True
        return msgspec.convert({**claims, "verified": verified}, OutsidePerson)
