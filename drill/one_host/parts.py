"""Result of one part of the drill: its checks, or why it couldn't run."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

Tell = Callable[[str], None]


class Unable(Exception):
    """Exception for a part that this machine can't run, with the reason."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part that ran."""

    name: str
    checks: dict[str, bool] = field(default_factory=dict)
    """Checks and whether each passed."""

    figures: dict[str, object] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        """Returns whether all checks passed."""
        return all(self.checks.values())

    @property
    def wrong(self) -> list[str]:
        """Returns the failed checks."""
        return [check for check, holds in self.checks.items() if not holds]


def report(name: str, run: Callable[[Part, Tell], None], tell: Tell) -> dict[str, Any]:
    """Runs a part and returns its result for JSON; a part that can't run is neither right nor wrong."""
    part = Part(name)
    try:
        run(part, tell)
    except Unable as refusal:
        tell(f"{name}: NOT RUN; {refusal}")
        return {"part": name, "run": False, "reason": str(refusal), "right": None}
    verdict = "right" if part.right else f"WRONG: {'; '.join(part.wrong)}"
    tell(f"{name}: {verdict}; {len(part.checks)} checks; {part.figures}")
    return asdict(part) | {"part": name, "run": True, "right": part.right}
