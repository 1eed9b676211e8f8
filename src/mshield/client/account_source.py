"""The outside systems whose accounts log in, as phone and portal tell of them; unknown fields are passed over."""

from typing import Literal

import msgspec


class AccountSource(msgspec.Struct, frozen=True, kw_only=True):
    """A system whose accounts log in here: with a password, or at a page of its own."""

    name: str
    kind: Literal["password", "page"]
    title_zh: str
    title_en: str


class AccountSources(msgspec.Struct, frozen=True, kw_only=True):
    """All of them; empty where only accounts of the service itself log in."""

    items: tuple[AccountSource, ...]


class OutsideLoginBegun(msgspec.Struct, frozen=True, kw_only=True):
    """The page to open; the browser comes back with `state` and a code within `expires_in` seconds."""

    address: str
    state: str
    expires_in: int
