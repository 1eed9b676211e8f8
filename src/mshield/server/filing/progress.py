"""Progress of imports: announced while they run, also to the other processes, since a page may query any of them.

It exists only in memory: a query that comes too late, or to a process that has just started, finds nothing.
"""

from collections.abc import Callable
from typing import Final, Literal

from mshield.server.runtime.events import Events
from mshield.wire.messages import AnswerMessage

Phase = Literal["compare", "take"]
ReportProgress = Callable[[Phase, int, int], object]
"""Progress callback: phase, lines done, total."""

_PREFIX: Final = "import:"
_MOST: Final = 64
_STEPS: Final = 100


def no_progress(phase: Phase, done: int, total: int) -> None:
    """No-op progress callback."""


class ProgressMessage(AnswerMessage, frozen=True):
    """`done` of `total` lines were compared with the file, or then imported; `phase` is null before the first line."""

    phase: Phase | None
    done: int
    total: int


class ImportProgress:
    """Progress of current and recent imports."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._steps: dict[tuple[str, str], ProgressMessage] = {}
        events.subscribe(_PREFIX, self._on_notification)

    def reporter(self, owner: str, name: str | None) -> ReportProgress:
        """Returns the progress callback for a member's import of this name (chosen by the page).

        It announces every hundredth of the lines.
        """
        if name is None:
            return no_progress

        def tell(phase: Phase, done: int, total: int) -> None:
            if done == total or done * _STEPS // total != (done - 1) * _STEPS // total:
                self._events.notify(f"{_PREFIX}{owner}:{name}:{phase}:{done}:{total}")

        return tell

    def of(self, owner: str, name: str) -> ProgressMessage:
        """Returns the last known progress of an import."""
        return self._steps.get((owner, name), ProgressMessage(None, 0, 0))

    def _on_notification(self, text: str) -> None:
        owner, name, phase, done, total = text.removeprefix(_PREFIX).split(":")
        self._steps.pop((owner, name), None)
        self._steps[owner, name] = ProgressMessage(
            "take" if phase == "take" else "compare", int(done), int(total)
        )
        while len(self._steps) > _MOST:
            del self._steps[next(iter(self._steps))]
