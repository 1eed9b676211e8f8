"""What is handed in as a view (展示规则): read, bounded, its samples drawn beside what is in force.

Drawing takes seconds for the largest samples, so it is done in a thread.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.gm.sm3 import sm3
from mshield.store.database.interface import Database, Tx
from mshield.store.systems import views as store
from mshield.store.systems.views import ViewFile, ViewRow
from mshield.views import View, ViewError, draw, read_view

__all__ = ["Draft", "Drawing", "DrawnSample", "HandedIn", "ViewFile"]

MOST_SAMPLES: Final = 20
SAMPLE_OCTETS: Final = 256 * 1024
SAMPLES_OCTETS: Final = 512 * 1024
"""Octets of one sample, and of all samples: a declaration of a hundred goods has some forty thousand."""
LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A view's file, and sample contents with their names."""

    view: bytes
    samples: tuple[ViewFile, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a view makes of a content: the drawn lines (canonical JSON), or why there are none, and where."""

    drawn: bytes | None
    error: str | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True)
class DrawnSample:
    """A sample as the view in force draws it, None where there is none, and as the new one does."""

    name: str
    size: int
    digest: bytes
    before: Drawing | None
    after: Drawing


@dataclass(frozen=True, slots=True)
class Draft:
    """A view that was handed in, with the version in force that it follows, if any, and all samples drawn by both."""

    view: View
    in_force: ViewRow | None
    samples: tuple[DrawnSample, ...]

    def require_drawn(self) -> None:
        """Raises ViewFailed for the first sample that the view can't draw."""
        for place, sample in enumerate(self.samples):
            if sample.after.drawn is None:
                raise errors.ViewFailed(error=sample.after.error, at=sample.after.at, place=place)


def checked_view(octets: bytes) -> View:
    """The view. Raises ViewFailed."""
    try:
        return read_view(octets)
    except ViewError as error:
        raise errors.ViewFailed(error=error.code, at=error.at, place=None) from error


async def draft(db: Database | Tx, client_id: str, handed_in: HandedIn) -> Draft:
    """All of it drawn. Raises ViewFailed for the view itself, ViewVersionWrong, InvalidRequest for what is too much."""
    _require_bounded(handed_in.samples)
    view = checked_view(handed_in.view)
    last = await store.last_version(db, client_id=client_id, view_id=view.id)
    if view.version != last + 1:
        raise errors.ViewVersionWrong(expected=last + 1)
    in_force = await store.newest(db, client_id=client_id, view_id=view.id)
    return await drawn_beside(view, in_force, handed_in.samples)


async def drawn_beside(view: View, in_force: ViewRow | None, samples: Sequence[ViewFile]) -> Draft:
    """The samples drawn by both."""
    before = None if in_force is None else checked_view(in_force.octets)
    drawn = await asyncio.to_thread(lambda: tuple(_sample(view, before, sample) for sample in samples))
    return Draft(view, in_force, drawn)


def _require_bounded(samples: Sequence[ViewFile]) -> None:
    sizes = [len(sample.content) for sample in samples]
    is_bounded = max(sizes, default=0) <= SAMPLE_OCTETS and sum(sizes) <= SAMPLES_OCTETS
    are_named = all(1 <= len(sample.name) <= LONGEST_NAME and sample.name.isprintable() for sample in samples)
    if not (1 <= len(samples) <= MOST_SAMPLES and is_bounded and are_named):
        raise errors.InvalidRequest(fields=["samples"])


def _sample(view: View, before: View | None, sample: ViewFile) -> DrawnSample:
    return DrawnSample(
        name=sample.name,
        size=len(sample.content),
        digest=sm3(sample.content),
        before=None if before is None else _drawing(before, sample.content),
        after=_drawing(view, sample.content),
    )


def _drawing(view: View, content: bytes) -> Drawing:
    try:
        return Drawing(draw(view, content).octets)
    except ViewError as error:
        return Drawing(None, error.code, error.at)
