"""Draws a request's documents by the views (展示规则) of its business system, and compares the asker's words with them.

A content for which the system has a view is drawn by it or not asked for at all. Large contents take a second or more,
so they are drawn in a thread.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mshield.domain import errors
from mshield.pki.signatures.display import Wanted
from mshield.pki.signatures.kept_display import NamedView
from mshield.services.requests.document import AskedView, Document, Drawn
from mshield.store.database.interface import Database
from mshield.store.systems import views as store
from mshield.store.systems.views import ViewRow
from mshield.views import Drawn as DrawnLines
from mshield.views import View, ViewError, Words, compare_words, draw, fitting, is_shown, read_view

_AT_ONCE: Final = 16 * 1024
"""Octets of content up to which drawing takes no longer than starting a thread is worth."""


@dataclass(frozen=True, slots=True)
class DrawDocuments:
    """How each document of a new request is shown, and the views that draw them."""

    db: Database

    async def __call__(self, client_id: str, documents: Sequence[Document]) -> list[Drawn]:
        """Raises ViewFailed and ViewRequired with the document's `place`, from 0; InvalidRequest for no such view."""
        in_force = await store.in_force(self.db, client_id=client_id)
        named = [await self._named(client_id, document, in_force) for document in documents]
        size = sum(len(document.content or b"") for document in documents)
        if size <= _AT_ONCE:
            return _drawn_all(documents, named, in_force)
        return await asyncio.to_thread(_drawn_all, documents, named, in_force)

    async def octets(self, digest: bytes) -> bytes:
        """The canonical octets of the registered view with this SM3, also of a withdrawn one. Raises NotFound."""
        octets = await store.octets_of(self.db, digest=digest)
        if octets is None:
            raise errors.NotFound
        return octets

    async def _named(self, client_id: str, document: Document, in_force: Sequence[ViewRow]) -> ViewRow | None:
        """The view that the document names: the newest of its id, or a version that isn't withdrawn."""
        asked = document.view
        if asked is None:
            return None
        row = await self._version(client_id, asked, in_force)
        if row is None or document.content is None:
            raise errors.InvalidRequest(fields=["view"])
        return row

    async def _version(self, client_id: str, asked: AskedView, in_force: Sequence[ViewRow]) -> ViewRow | None:
        if asked.version is None:
            return next((row for row in in_force if row.view_id == asked.id), None)
        row = await store.find(self.db, client_id=client_id, view_id=asked.id, version=asked.version)
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
