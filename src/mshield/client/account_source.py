"""The outside systems whose accounts log in, as phone and portal tell of them, and what their users agree to.

Unknown fields are passed over.
"""

from collections.abc import Callable
from typing import Final, Literal

import msgspec

from mshield.client.errors import ProblemError
from mshield.client.wire import read

POLICIES: Final = "/api/policies"
_NOT_FOUND: Final = 404


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


class Policies(msgspec.Struct, frozen=True, kw_only=True):
    """The version that each consent must be to."""

    versions: dict[str, str]


def consents(fetch: Callable[[], bytes]) -> dict[str, dict[str, str]]:
    """What a call that may make an account says of consents: the documents of now, which `fetch` gets from `POLICIES`.

    Nothing to a service that has none.
    """
    try:
        answer = fetch()
    except ProblemError as error:
        if error.status != _NOT_FOUND:
            raise
        return {}
    return {"consents": read(answer, Policies).versions}
