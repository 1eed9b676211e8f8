"""What a part of the drill says of itself: what it looked at and whether that was right, or why it couldn't run."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

Tell = Callable[[str], None]


class Unable(Exception):
    """This machine can't run a part; what refused."""


@dataclass(frozen=True, slots=True)
class Part:
    """One that ran."""

    name: str
    checks: dict[str, bool] = field(default_factory=dict)
    """What has to be so, and whether it was."""

    figures: dict[str, object] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        """Whether all was as it has to be."""
        return all(self.checks.values())

    @property
    def wrong(self) -> list[str]:
        """What wasn't."""
        return [check for check, holds in self.checks.items() if not holds]


def report(name: str, run: Callable[[Part, Tell], None], tell: Tell) -> dict[str, Any]:
    """Runs a part; what came of it, for JSON. One that can't run is told, and is neither right nor wrong."""
    part = Part(name)
    try:
        run(part, tell)
    except Unable as refusal:
        tell(f"{name}: NOT RUN; {refusal}")
        return {"part": name, "run": False, "reason": str(refusal), "right": None}
    verdict = "right" if part.right else f"WRONG: {'; '.join(part.wrong)}"
    tell(f"{name}: {verdict}; {len(part.checks)} checks; {part.figures}")
    return asdict(part) | {"part": name, "run": True, "right": part.right}
