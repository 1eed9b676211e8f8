"""Drafts of views (展示规则), parsed and size-limited, with samples rendered by the draft and by the version in force.

Rendering the largest samples takes seconds, so it runs in a thread.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from mshield.gm.sm3 import sm3
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import InvalidRequest
from mshield.server.systems.errors import ViewAlike, ViewFailed, ViewUnseen, ViewVersionWrong
from mshield.server.systems.rows import views as store
from mshield.server.systems.rows.views import ViewFile, ViewRow
from mshield.server.systems.rules.lookalike import skeleton_of_id
from mshield.views import View, ViewError, draw, read_view
from mshield.wire.messages import AnswerMessage, Hex32

__all__ = ["Draft", "SubmittedView", "ViewFile"]

MOST_SAMPLES: Final = 20
SAMPLE_OCTETS: Final = 256 * 1024
SAMPLES_OCTETS: Final = 512 * 1024
"""Limits in bytes for one sample and for all; a declaration of a hundred goods has about 40,000 bytes."""
LONGEST_NAME: Final = 120
_COMMENT: Final = "#comment"
"""Step of an XML path for comments, which XML to be signed can't have; in JSON it is a name like any other."""


@dataclass(frozen=True, slots=True)
class SubmittedView:
    """A view's file, and sample contents with their names."""

    view: bytes
    samples: tuple[ViewFile, ...]


class DrawingMessage(AnswerMessage, frozen=True):
    """A sample rendered by a view: `drawn` (`mshield-drawn/v1`), or `error` with its position `at`, a JSON Pointer."""

    drawn: dict[str, Any] | None
    error: str | None
    at: str | None


class DrawnSampleMessage(AnswerMessage, frozen=True):
    """A sample rendered by the version in force (null if there is none) and by the new one."""

    name: str
    size: int
    digest: Hex32
    before: DrawingMessage | None
    after: DrawingMessage


@dataclass(frozen=True, slots=True)
class Draft:
    """Draft of a view, the version in force that it will replace, if any, and all samples rendered by both."""

    view: View
    in_force: ViewRow | None
    samples: tuple[DrawnSampleMessage, ...]

    def require_drawn(self) -> None:
        """Refuses a draft of which the second officer wouldn't see what it hides.

        Raises: ViewFailed (for the first sample that the new view can't draw), ViewUnseen.
        """
        hidden: set[str] = set()
        for place, sample in enumerate(self.samples):
            if sample.after.drawn is None:
                raise ViewFailed(error=sample.after.error, at=sample.after.at, place=place)
            hidden.update(left_out["path"] for left_out in sample.after.drawn["not_shown"])
        ignored: list[str] = msgspec.json.decode(self.view.octets).get("ignore", [])
        unseen = [
            path
            for path in ignored
            if not (self.view.content == "xml" and path.endswith(_COMMENT))
            and not any(seen == path or seen.startswith(f"{path}/") for seen in hidden)
        ]
        if unseen:
            raise ViewUnseen(paths=unseen)


def checked_view(octets: bytes) -> View:
    """Parses a view. Raises: ViewFailed."""
    try:
        return read_view(octets)
    except ViewError as error:
        raise ViewFailed(error=error.code, at=error.at, place=None) from error


async def draft(db: Database | Tx, client_id: str, handed_in: SubmittedView) -> Draft:
    """Checks a draft and draws its samples.

    Raises: ViewFailed (the view itself is invalid), ViewVersionWrong, ViewAlike, InvalidRequest (too many or too
    large samples).
    """
    _require_bounded(handed_in.samples)
    view = checked_view(handed_in.view)
    last = await store.last_version(db, client_id=client_id, view_id=view.id)
    if view.version != last + 1:
        raise ViewVersionWrong(expected=last + 1)
    if last == 0:
        await require_distinct_id(db, client_id, view.id)
    in_force = await store.newest(db, client_id=client_id, view_id=view.id)
    return await drawn_beside(view, in_force, handed_in.samples)


async def require_distinct_id(db: Database | Tx, client_id: str, view_id: str) -> None:
    """Raises ViewAlike if the system has another id that looks the same, also a withdrawn one's."""
    looks = skeleton_of_id(view_id)
    for row in await store.list_all(db, client_id=client_id):
        if skeleton_of_id(row.view_id) == looks:
            raise ViewAlike(like=row.view_id)


async def drawn_beside(view: View, in_force: ViewRow | None, samples: Sequence[ViewFile]) -> Draft:
    """Draws the samples by both versions."""
    before = None if in_force is None else checked_view(in_force.octets)
    drawn = await asyncio.to_thread(lambda: tuple(_sample(view, before, sample) for sample in samples))
    return Draft(view, in_force, drawn)


def _require_bounded(samples: Sequence[ViewFile]) -> None:
    sizes = [len(sample.content) for sample in samples]
    is_bounded = max(sizes, default=0) <= SAMPLE_OCTETS and sum(sizes) <= SAMPLES_OCTETS
    are_named = all(1 <= len(sample.name) <= LONGEST_NAME and sample.name.isprintable() for sample in samples)
    if not (1 <= len(samples) <= MOST_SAMPLES and is_bounded and are_named):
        raise InvalidRequest(fields=["samples"])


def _sample(view: View, before: View | None, sample: ViewFile) -> DrawnSampleMessage:
    return DrawnSampleMessage(
        name=sample.name,
        size=len(sample.content),
        digest=sm3(sample.content).hex(),
        before=None if before is None else _drawing(before, sample.content),
        after=_drawing(view, sample.content),
    )


def _drawing(view: View, content: bytes) -> DrawingMessage:
    try:
        return DrawingMessage(msgspec.json.decode(draw(view, content).octets), None, None)
    except ViewError as error:
        return DrawingMessage(None, error.code, error.at)
