"""Refuses a call at its head where there is no room for it, since what a refusal costs is what a flood costs.

By the application a refusal takes a task, a body and a document each, a third of what a call takes that is carried out:
those let in would wait behind three times as many refused ones. `Dispatch` has the same check, for calls that a
connection doesn't ask about.
"""

import json
import secrets
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Final

from starlette.types import Scope

from mshield.domain import errors
from mshield.web.again import RETRY_SECONDS
from mshield.web.edge.admission import Room
from mshield.web.edge.edge import Measure, Watch
from mshield.web.problems import MEDIA_TYPE, document
from mshield.web.router import Route

GATE: Final = "mshield.gate"
"""In the server's state: the gate."""

EXPECTED: Final = "mshield.expected"
"""In a scope: the room that counts this call until the application has it."""

_OTHER_SITES: Final = "pc"
"""Its answers need the headers of CORS, which a refusal here hasn't."""

_STATUS: Final = HTTPStatus.SERVICE_UNAVAILABLE
_ID_OCTETS: Final = 8
_ID: Final = "id of this call"


class Gate:
    """Asked by each connection at each head."""

    def __init__(
        self,
        room_of: Callable[[Scope], tuple[Route, Room] | None],
        *,
        headers: Iterable[tuple[bytes, bytes]],
        measure: Measure,
        watch: Watch,
    ) -> None:
        """`room_of` finds route and room of a call; `headers` are those of all answers."""
        self._room_of, self._measure, self._watch = room_of, measure, watch
        self._answers = tuple(_parts(seconds, headers) for seconds in RETRY_SECONDS)

    def answer(self, scope: Scope) -> bytes | None:
        """The whole answer to a call that there is no room for; None lets it in, and its room then expects it."""
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
        scope["route"], scope["mshield.problem"] = route, errors.Unavailable.code
        request_id = scope["mshield.request_id"] = secrets.token_hex(_ID_OCTETS)
        self._measure(scope, _STATUS, 0.0)
        self._watch(scope, _STATUS)
        return request_id.encode().join(secrets.choice(self._answers))


def _parts(seconds: int, headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes, ...]:
    """The answer, parted where the call's id stands."""
    error = errors.Unavailable(retry_after=seconds)
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
