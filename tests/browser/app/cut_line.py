"""A connection between a phone's browser and the service that loses answers after the service has acted."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from playwright.sync_api import BrowserContext, Error, Route

CALLS: Final = "**/api/phone/**"
_IDS: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f-]{36}")
_TIMES: Final = 2
"""Lost answers per kind of call: some flows make the same call twice."""
_SPARED: Final = {"POST sms-codes", "GET policy"}
"""Calls without risk, whose answers are never lost."""
IMPATIENT: Final = """
const wait = window.setTimeout;
window.setTimeout = (run, ms, ...given) => wait(run, ms >= 500 && ms <= 8000 ? ms / 10 : ms, ...given);
"""
"""Reduces the phone's pauses between retries to a tenth."""


@dataclass(slots=True)
class Line:
    """Loses every second answer of each kind of call; with `outages`, nothing passes afterwards until `mend`."""

    outages: bool
    lost: list[str] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)
    _is_down: bool = False

    def lay(self, context: BrowserContext) -> None:
        """Routes this browser's calls through the line."""
        context.route(CALLS, lambda route: self._carry(route))  # noqa: PLW0108  # no method of a class with slots

    def remove(self, context: BrowserContext) -> None:
        """Stops routing them."""
        context.unroute(CALLS)

    def mend(self) -> None:
        """Ends the outage until the next loss."""
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
            with suppress(Error):  # the page has navigated meanwhile
                route.fetch()
                self._is_down = self.outages
                route.abort()
        else:
            route.continue_()
