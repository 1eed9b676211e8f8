"""How many calls are under way at once; beyond that a call is refused at once, so that those let in are answered soon.

A call is under way from when its body has come until its answer is made: one that still uploads, waits for a request or
reads its answer slowly takes no place. Who waits for something else than this process has another room than the rest.
"""

import secrets
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Final

from mshield.domain import errors
from mshield.web.router import Route

_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    # Whether the service lives is asked most when it is busy.
    "health": ("health",),
    # The try is counted and the phone has done its part: only the signature is missing.
    "finish": ("finishSigning",),
    # Argon2's queues (services/accounts/passwords.py).
    "phone passwords": ("logIn", "register", "registerOnPc", "resetPassword"),
    "portal passwords": ("beginPortalLogin",),
    "console passwords": ("beginConsoleLogin", "completeSetUp"),
    "own passwords of staff": ("changeOwnPassword", "offerFactor", "removeFactor"),
    # Other people's systems: SMS, filing, real names, logins.
    "outside": (
        "sendSmsCode",
        "sendRegisterCode",
        "sendRevocationCode",
        "sendPhoneCode",
        "checkRealName",
        "apply",
        "beginOutsideLogin",
        "finishOutsideLogin",
        "beginPortalOutsideLogin",
        "finishPortalOutsideLogin",
    ),
}
_MOST: Final = 64
"""In a room of those that wait."""

RETRY_SECONDS: Final = (1, 2, 3)
"""When who was refused may come again: spread, so that those refused together don't come together."""


class Room:
    """Entered by each call, as a context manager. Raises Unavailable where it is full."""

    __slots__ = ("_most", "expected", "used")

    def __init__(self, most: int) -> None:
        self._most, self.used = most, 0
        self.expected = 0  # let in at their heads, and not yet seen by the application

    def is_full(self) -> bool:
        """Whether those here and those expected take all places."""
        return self.used + self.expected >= self._most

    def require_place(self) -> None:
        """Raises Unavailable where it is full."""
        if self.is_full():
            raise errors.Unavailable(retry_after=secrets.choice(RETRY_SECONDS))

    def __enter__(self) -> None:
        self.require_place()
        self.used += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.used -= 1


def rooms_of(routes: Iterable[Route], *, most: int) -> Mapping[Route, Room]:
    """The room of each route; `most` calls in the one of all that have none of their own, and of finishing ones."""
    own = {name: Room(most if name == "finish" else _MOST) for name in _OWN}
    by_operation = {operation: own[name] for name, operations in _OWN.items() for operation in operations}
    everybody, pages = Room(most), Room(most)  # a page's files come many at once
    return {
        route: by_operation.get(route.operation_id) or (pages if route.audience is None else everybody)
        for route in routes
    }
