"""How far an import is: told while it is under way, and to the other processes, any of which its page may ask.

What is told lives in memory alone: who asks too late, or of a process that was just started, learns nothing yet.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from mshield.services.process.events import Events

Phase = Literal["compare", "take"]
Tell = Callable[[Phase, int, int], object]
"""What is done now, how many lines of it are done, and of how many."""

_PREFIX: Final = "import:"
_MOST: Final = 64
_STEPS: Final = 100


def untold(phase: Phase, done: int, total: int) -> None:
    """To nobody."""


@dataclass(frozen=True, slots=True)
class Step:
    """`done` lines of `total` are compared with what is on file, or taken over."""

    phase: Phase
    done: int
    total: int


class ImportProgress:
    """How far imports are: those under way, and those of late."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._steps: dict[tuple[str, str], Step] = {}
        events.hear(_PREFIX, self._heard)

    def telling(self, owner: str, name: str | None) -> Tell:
        """For the import of a member, whose page called it so; at each hundredth."""
        if name is None:
            return untold

        def tell(phase: Phase, done: int, total: int) -> None:
            if done == total or done * _STEPS // total != (done - 1) * _STEPS // total:
                self._events.notify(f"{_PREFIX}{owner}:{name}:{phase}:{done}:{total}")

        return tell

    def of(self, owner: str, name: str) -> Step | None:
        """How far it is; None where nothing is known of it."""
        return self._steps.get((owner, name))

    def _heard(self, text: str) -> None:
        owner, name, phase, done, total = text.removeprefix(_PREFIX).split(":")
        self._steps.pop((owner, name), None)
        self._steps[owner, name] = Step("take" if phase == "take" else "compare", int(done), int(total))
        while len(self._steps) > _MOST:
            del self._steps[next(iter(self._steps))]
