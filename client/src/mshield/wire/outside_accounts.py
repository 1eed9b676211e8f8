"""Logins with accounts of outside systems, at phone and portal alike."""

from typing import Literal

from mshield.wire.messages import AnswerMessage


class AccountSource(AnswerMessage, frozen=True):
    """A system whose accounts can log in: with a password, or at a page of its own."""

    name: str
    kind: Literal["password", "page"]
    title_zh: str
    title_en: str


class AccountSources(AnswerMessage, frozen=True):
    """All outside systems; empty if only accounts of the service itself can log in."""

    items: tuple[AccountSource, ...]


class OutsideLoginBegun(AnswerMessage, frozen=True):
    """The page to open; the browser returns with `state` and a code within `expires_in` seconds."""

    address: str
    state: str
    expires_in: int

    def __repr__(self) -> str:
        """Shows the page without its parameters, since the state is a secret."""
        return f"{type(self).__name__}({self.address.partition('?')[0]!r})"
