"""The way between a phone's browser and the service, where answers get lost after the service has done its part."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from playwright.sync_api import BrowserContext, Error, Route

CALLS: Final = "**/api/phone/**"
_IDS: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f-]{36}")
_TIMES: Final = 2
"""Answers lost of each kind of call: some flows make the same kind twice."""
_SPARED: Final = {"POST sms-codes", "GET policy"}
"""Before anything is at stake."""
IMPATIENT: Final = """
const wait = window.setTimeout;
window.setTimeout = (run, ms, ...given) => wait(run, ms >= 500 && ms <= 8000 ? ms / 10 : ms, ...given);
"""
"""Makes the phone's pauses between its tries a tenth of what they are."""


@dataclass(slots=True)
class Line:
    """Every second answer of each kind of call is lost; with `outages`, nothing passes after it until `mend`."""

    outages: bool
    lost: list[str] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)
    _is_down: bool = False

    def lay(self, context: BrowserContext) -> None:
        """From now on this browser's calls go through it."""
        context.route(CALLS, lambda route: self._carry(route))  # noqa: PLW0108  # no method of a class with slots

    def remove(self, context: BrowserContext) -> None:
        """From now on they don't."""
        context.unroute(CALLS)

    def mend(self) -> None:
        """Until the next loss."""
        self._is_down = False

    def _carry(self, route: Route) -> None:
        if self._is_down:
            route.abort()
            return
        path = route.request.url.partition("/api/phone/")[2].partition("?")[0]
        kind = f"{route.request.method} {_IDS.sub('*', path)}"
        if kind in _SPARED:
            route.continue_()
            return
        seen = self._seen[kind] = self._seen.get(kind, 0) + 1
        if seen % 2 == 1 and seen < 2 * _TIMES:
            self.lost.append(kind)
            with suppress(Error):  # of a page that has gone on meanwhile
                route.fetch()
                self._is_down = self.outages
                route.abort()
        else:
            route.continue_()
