"""Draws a request's documents by the views (展示规则) of its business system, and compares the asker's words with them.

A content for which the system has a view is drawn by it or not asked for at all. Large contents take a second or more,
so they are drawn in a thread.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from mshield.domain import errors
from mshield.pki.signatures.display import Wanted
from mshield.pki.signatures.kept_display import NamedView
from mshield.services.requests.document import AskedView, Document, Drawn
from mshield.store.database.interface import Database
from mshield.store.systems import views as store
from mshield.store.systems.views import InForce, ViewRow
from mshield.views import Drawn as DrawnLines
from mshield.views import View, ViewError, Words, compare_words, draw, fitting, is_shown, read_view

_AT_ONCE: Final = 16 * 1024
"""Octets of content up to which drawing takes no longer than starting a thread is worth."""
_MOST_SYSTEMS: Final = 256
"""Systems whose views in force are remembered; a view has 64 KiB at most."""


@dataclass(frozen=True, slots=True)
class DrawDocuments:
    """How each document of a new request is shown, and the views that draw them.

    The views in force of each system are remembered with the number of its views' changes. Whoever makes a request
    asks for that number in the statement that stores it: what was drawn by other views is never stored.
    """

    db: Database
    _known: OrderedDict[str, InForce] = field(default_factory=OrderedDict, init=False)

    async def __call__(self, client_id: str, documents: Sequence[Document]) -> tuple[list[Drawn], InForce]:
        """How they are shown by the views in force, which are given too.

        Raises ViewFailed and ViewRequired with the document's `place`, from 0; InvalidRequest for no such view.
        """
        in_force = self._known.get(client_id)
        if in_force is None:
            return await self._draw(await self._read(client_id), documents)
        try:
            return await self._draw(in_force, documents)
        except errors.DomainError:
            if not await self.have_changed(in_force):
                raise
        return await self._draw(await self._read(client_id), documents)

    async def have_changed(self, in_force: InForce) -> bool:
        """Whether these are the views in force no more; then they are forgotten."""
        changes = await store.changes(self.db, client_id=in_force.client_id)
        if changes == in_force.changes:
            return False
        self._known.pop(in_force.client_id, None)
        return True

    async def _read(self, client_id: str) -> InForce:
        in_force = self._known[client_id] = await store.in_force(self.db, client_id=client_id)
        self._known.move_to_end(client_id)
        while len(self._known) > _MOST_SYSTEMS:
            self._known.popitem(last=False)
        return in_force

    async def _draw(self, in_force: InForce, documents: Sequence[Document]) -> tuple[list[Drawn], InForce]:
        named = [await self._named(document, in_force) for document in documents]
        size = sum(len(document.content or b"") for document in documents)
        if size <= _AT_ONCE:
            return _drawn_all(documents, named, in_force.rows), in_force
        return await asyncio.to_thread(_drawn_all, documents, named, in_force.rows), in_force

    async def octets(self, digest: bytes) -> bytes:
        """The canonical octets of the registered view with this SM3, also of a withdrawn one. Raises NotFound."""
        octets = await store.octets_of(self.db, digest=digest)
        if octets is None:
            raise errors.NotFound
        return octets

    async def _named(self, document: Document, in_force: InForce) -> ViewRow | None:
        """The view that the document names: the newest of its id, or a version that isn't withdrawn."""
        asked = document.view
        if asked is None:
            return None
        row = await self._version(asked, in_force)
        if row is None or document.content is None:
            raise errors.InvalidRequest(fields=["view"])
        return row

    async def _version(self, asked: AskedView, in_force: InForce) -> ViewRow | None:
        row = next((row for row in in_force.rows if row.view_id == asked.id), None)
        if asked.version is None or (row is not None and row.version == asked.version):
            return row
        row = await store.find(self.db, client_id=in_force.client_id, view_id=asked.id, version=asked.version)
        return None if row is None or row.withdrawn_at is not None else row


def _drawn_all(
    documents: Sequence[Document], named: Sequence[ViewRow | None], in_force: Sequence[ViewRow]
) -> list[Drawn]:
    views = [_read(row.octets) for row in in_force]
    return [
        _drawn(document, row, views, place=place)
        for place, (document, row) in enumerate(zip(documents, named, strict=True))
    ]


def _drawn(document: Document, row: ViewRow | None, in_force: Sequence[View], *, place: int) -> Drawn:
    content = document.content
    if content is None:
        return Drawn(wants="unread")
    if row is not None:
        return _by_view(document, row, content, place=place)
    fits = fitting(in_force, content) if in_force else []
    if fits:
        raise errors.ViewRequired(place=place, view=fits[0].id)
    words = _words(document, None)
    seen = is_shown(document.media_type, content, by_view=False)
    return Drawn(compared=words.digest, wants=_wants(words) if seen else "unread")


def _by_view(document: Document, row: ViewRow, content: bytes, *, place: int) -> Drawn:
    try:
        drawn = draw(_read(row.octets), content)
    except ViewError as error:
        raise errors.ViewFailed(error=error.code, at=error.at, place=place) from error
    view = NamedView(row.view_id, row.version, row.digest)
    words = _words(document, drawn)
    return Drawn(view, drawn.digest, words.digest, _wants(words))


def _wants(words: Words) -> Wanted | None:
    return "mismatch" if words.differ else None


def _words(document: Document, drawn: DrawnLines | None) -> Words:
    return compare_words(
        document.title,
        document.display,
        content=document.content,
        media_type=document.media_type,
        drawn=drawn,
    )


@lru_cache(maxsize=256)
def _read(octets: bytes) -> View:
    """A registered view: it was read before it was registered."""
    return read_view(octets)
