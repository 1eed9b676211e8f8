"""Limits the number of calls that are carried out at once; calls above the limit are refused immediately.

A call occupies a place from the end of its body until its answer is made: a call that is still uploading,
waits for a request (long poll, stream) or reads its answer slowly occupies none. Operations that wait for
something other than this process have rooms separate from the rest.

A burst is processed quickly, but a sustained flood isn't: with a limit sized for a burst, all calls would
keep waiting for each other. So a room narrows while calls are refused and the admitted ones take longer than
usual for their route.

The gate rejects calls over the limit as soon as their headers arrive, so that a flood stays cheap. A refusal
by the application takes a task, a body and a problem document, a third of the cost of carrying a call out:
admitted calls would wait behind three times as many refused ones. `Dispatch` checks the same limit for calls
that didn't pass a gate.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Final

from starlette.types import Scope

from mshield.server.errors import Unavailable
from mshield.server.http.answers import RETRY_SECONDS, unavailable
from mshield.server.http.edge.edge import Measure, Watch
from mshield.server.http.problems import MEDIA_TYPE, document
from mshield.server.http.router import Route

_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    # Health checks matter most when the process is busy, so they have a room of their own.
    "health": ("health", "live", "ready"),
    # The attempt is already counted and the phone has done its part: only the server's half of the signature
    # is missing.
    "finish": ("finishSigning",),
    # Operations that wait for an Argon2 queue (server/accounts/passwords.py).
    "phone passwords": ("logIn", "register", "registerOnPc", "resetPassword", "changePassword"),
    "portal passwords": ("beginPortalLogin",),
    "console passwords": ("beginConsoleLogin", "completeSetUp"),
    "own passwords of staff": ("changeOwnPassword", "offerFactor", "removeFactor"),
    # Operations that wait for other systems: SMS, filing, real-name checks, outside logins.
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
"""Capacity of each room whose operations wait for something else."""

_FEW: Final = 4
"""Minimum that a room narrows to: with 4 calls a process is busy all the time, or waits for its database."""

_CALM_SECONDS: Final = 1.0
"""Seconds after the last refusal until a room has its full width again."""

_LONGER: Final = 2
"""Factor over the usual duration from which a call counts as slowed down by others."""

_SHARE: Final = 1 / 64
"""Weight of one more call in the moving average of a route's duration."""


class Room:
    """Concurrency limit shared by some routes; each call occupies one `Place`."""

    __slots__ = ("_allowed", "_most", "_refused_at", "_usual", "expected", "now", "used")

    def __init__(self, most: int, *, now: Callable[[], float] = time.monotonic) -> None:
        """`now` is a monotonic clock, in seconds."""
        self.now = now
        self._allowed = self._most = most
        self.used = 0
        self.expected = 0  # admitted at their heads, not yet seen by the application
        self._refused_at = now() - _CALM_SECONDS
        self._usual: dict[Route, float] = {}

    def has_place(self) -> bool:
        """Reports whether there is a place besides the running and expected calls; if not, records a refusal."""
        if self.used + self.expected < self._allowed:
            return True
        self._refused_at = self.now()
        return False

    def require_place(self) -> None:
        """Raises: Unavailable (the room is full)."""
        if not self.has_place():
            raise unavailable()

    def took(self, route: Route, since: float) -> None:
        """Records the duration of a call that ends now, and adjusts the width of the room."""
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
    """Context manager that occupies one place of a room; without `route` its duration isn't recorded.

    Raises: Unavailable on entry, if the room is full.
    """

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
    """Returns the room of each route.

    `most` is the capacity of the shared room, of the room for pages, and of the one for finishing signatures.
    """
    own = {name: Room(most if name == "finish" else _MOST) for name in _OWN}
    by_operation = {operation: own[name] for name, operations in _OWN.items() for operation in operations}
    everybody, pages = Room(most), Room(most)  # separate, because a page loads many files at once
    return {
        route: by_operation.get(route.operation_id) or (pages if route.audience is None else everybody)
        for route in routes
    }


GATE: Final = "mshield.gate"
"""Key of the gate in the server's state."""

EXPECTED: Final = "mshield.expected"
"""Key in a scope: the room that expects this call until the application has it."""

_OTHER_SITES: Final = "pc"
"""Audience whose answers need CORS headers, which the refusals here lack."""

_STATUS: Final = HTTPStatus.SERVICE_UNAVAILABLE
_ID_OCTETS: Final = 8
_ID: Final = "id of this call"


class Gate:
    """Check of each call's head against the concurrency limit, called by the connections."""

    def __init__(
        self,
        room_of: Callable[[Scope], tuple[Route, Room] | None],
        *,
        headers: Iterable[tuple[bytes, bytes]],
        measure: Measure,
        watch: Watch,
    ) -> None:
        """`room_of` finds the route and the room of a call; `headers` are those of all answers."""
        self._room_of, self._measure, self._watch = room_of, measure, watch
        self._answers = tuple(_parts(seconds, headers) for seconds in RETRY_SECONDS)

    def answer(self, scope: Scope) -> bytes | None:
        """Returns the complete refusal if the room is full; None admits the call, which its room then expects."""
        entry = self._room_of(scope)
        if entry is None or scope["method"] == "HEAD":
            return None
        route, room = entry
        if route.audience == _OTHER_SITES:
            return None
        if room.has_place():
            room.expected += 1
            scope[EXPECTED] = room
            return None
        scope["route"], scope["mshield.problem"] = route, Unavailable.code
        request_id = scope["mshield.request_id"] = secrets.token_hex(_ID_OCTETS)
        self._measure(scope, _STATUS, 0.0)
        self._watch(scope, _STATUS)
        return request_id.encode().join(secrets.choice(self._answers))


def _parts(seconds: int, headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes, ...]:
    """Returns the encoded answer, split where the call's id belongs."""
    error = Unavailable(retry_after=seconds)
    body = json.dumps(document(error, _STATUS, _ID), ensure_ascii=False).encode()
    length = len(body) - len(_ID) + 2 * _ID_OCTETS
    lines = (
        *headers,
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(length).encode()),
        (b"cache-control", b"no-store"),
        (b"retry-after", str(seconds).encode()),
        (b"x-request-id", _ID.encode()),
    )
    head = b"".join(b"%s: %s\r\n" % line for line in lines)
    status = f"HTTP/1.1 {_STATUS.value} {_STATUS.phrase}\r\n".encode()
    return tuple((status + head + b"\r\n" + body).split(_ID.encode()))
