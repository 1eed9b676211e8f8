"""How many calls are under way at once; beyond that a call is refused at once, so that those let in are answered soon.

A call is under way from when its body has come until its answer is made: one that still uploads, waits for a request or
reads its answer slowly takes no place. Who waits for something else than this process has another room than the rest.

A burst is worked off soon, a flood isn't: as many as fit in a burst would then wait for one another all the time. So a
room narrows while calls are refused and those let in take longer than their route usually does.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Final

from mshield.web.again import unavailable
from mshield.web.router import Route

_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    # Whether the service lives is asked most when it is busy.
    "health": ("health", "live", "ready"),
    # The try is counted and the phone has done its part: only the signature is missing.
    "finish": ("finishSigning",),
    # Argon2's queues (services/accounts/passwords.py).
    "phone passwords": ("logIn", "register", "registerOnPc", "resetPassword", "changePassword"),
    "portal passwords": ("beginPortalLogin",),
    "console passwords": ("beginConsoleLogin", "completeSetUp"),
    "own passwords of staff": ("changeOwnPassword", "offerFactor", "removeFactor"),
    # Other people's systems: SMS, filing, real names, logins.
    "outside": (
        "sendSmsCode",
        "sendUnlockCode",
        "sendRegisterCode",
        "sendRevocationCode",
        "sendPhoneCode",
        "checkRealName",
        "apply",
        "checkApplication",
        "beginOutsideLogin",
        "finishOutsideLogin",
        "beginPortalOutsideLogin",
        "finishPortalOutsideLogin",
    ),
}
_MOST: Final = 64
"""In a room of those that wait."""

_FEW: Final = 4
"""The least that a room narrows to: a process with as many calls is busy all the time, or waits for its database."""

_CALM_SECONDS: Final = 1.0
"""So long after the last refusal a room is as wide as before."""

_LONGER: Final = 2
"""Times as long as usual: others are in the way."""

_SHARE: Final = 1 / 64
"""Of one more call in what is usual."""


class Room:
    """Calls of some routes; each takes a `Place`."""

    __slots__ = ("_allowed", "_most", "_refused_at", "_usual", "expected", "now", "used")

    def __init__(self, most: int, *, now: Callable[[], float] = time.monotonic) -> None:
        """`now` tells seconds."""
        self.now = now
        self._allowed = self._most = most
        self.used = 0
        self.expected = 0  # let in at their heads, and not yet seen by the application
        self._refused_at = now() - _CALM_SECONDS
        self._usual: dict[Route, float] = {}

    def has_place(self) -> bool:
        """Whether those here and those expected leave a place; who finds none is refused, and is counted as such."""
        if self.used + self.expected < self._allowed:
            return True
        self._refused_at = self.now()
        return False

    def require_place(self) -> None:
        """Raises Unavailable where there is none."""
        if not self.has_place():
            raise unavailable()

    def took(self, route: Route, since: float) -> None:
        """Counts a call that ends now."""
        now = self.now()
        seconds = now - since
        usual = self._usual.setdefault(route, seconds)
        if now - self._refused_at >= _CALM_SECONDS:
            self._usual[route] = usual + _SHARE * (seconds - usual)
            self._allowed = self._most
        elif seconds > _LONGER * usual:
            self._allowed = max(self._allowed - 1, min(_FEW, self._most))
        else:
            self._allowed = min(self._allowed + 1, self._most)


class Place:
    """One call's, as a context manager; of a part of a call, without route. Raises Unavailable where there is none."""

    __slots__ = ("_room", "_route", "_since")

    def __init__(self, room: Room, route: Route | None) -> None:
        self._room, self._route, self._since = room, route, 0.0

    def __enter__(self) -> None:
        self._room.require_place()
        self._room.used += 1
        self._since = self._room.now()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._room.used -= 1
        if self._route is not None:
            self._room.took(self._route, self._since)


def rooms_of(routes: Iterable[Route], *, most: int) -> Mapping[Route, Room]:
    """The room of each route; `most` calls in the one of all that have none of their own, and of finishing ones."""
    own = {name: Room(most if name == "finish" else _MOST) for name in _OWN}
    by_operation = {operation: own[name] for name, operations in _OWN.items() for operation in operations}
    everybody, pages = Room(most), Room(most)  # a page's files come many at once
    return {
        route: by_operation.get(route.operation_id) or (pages if route.audience is None else everybody)
        for route in routes
    }
