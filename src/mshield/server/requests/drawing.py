"""Draws documents by the views (展示规则) of their business system and compares the system's description with them.

If a view of the system fits a content, the content must be drawn by it, or the request is refused. Large
contents take a second or more, so they are drawn in a process of their own.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mshield.pki.signatures.display import Wanted
from mshield.pki.signatures.stored_display import NamedView
from mshield.server.content.words import Comparison, DrawingOrder, compare_content
from mshield.server.database.interface import Database
from mshield.server.errors import DomainError, InvalidRequest, NotFound
from mshield.server.requests.content_process import AT_ONCE, comparison_of
from mshield.server.requests.document import Document, DrawnDocument, RequestedView
from mshield.server.requests.errors import ContentTooComplex
from mshield.server.systems.errors import ViewFailed, ViewOutdated, ViewRequired
from mshield.server.systems.rows import views as store
from mshield.server.systems.rows.views import InForce, ViewRow

_MOST_SYSTEMS: Final = 256
"""Maximum systems whose current views are cached; a view has at most 64 KiB."""


@dataclass(frozen=True, slots=True)
class DrawDocuments:
    """Draws the documents of new requests.

    Caches each system's current views with the number of changes to them. Callers check that number in the
    statement that stores the request, so that nothing drawn with outdated views is stored.
    """

    db: Database
    _known: OrderedDict[str, InForce] = field(default_factory=OrderedDict, init=False)

    async def __call__(
        self, client_id: str, documents: Sequence[Document]
    ) -> tuple[list[DrawnDocument], InForce]:
        """Draws the documents and also returns the current views used.

        Raises: ViewFailed, ViewRequired, ViewOutdated, ContentTooComplex (each with the document's place, from
        0), InvalidRequest (no such view), Unavailable (too many contents of the system are waiting).
        """
        in_force = self._known.get(client_id)
        if in_force is None:
            return await self._draw(await self._read(client_id), documents)
        try:
            return await self._draw(in_force, documents)
        except DomainError:
            if not await self.have_changed(in_force):
                raise
        return await self._draw(await self._read(client_id), documents)

    async def have_changed(self, in_force: InForce) -> bool:
        """Reports whether these views are outdated, and then drops them from the cache."""
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

    async def _draw(
        self, in_force: InForce, documents: Sequence[Document]
    ) -> tuple[list[DrawnDocument], InForce]:
        rows = [
            await self._named(document, in_force, place=place) for place, document in enumerate(documents)
        ]
        size = sum(len(document.content or b"") for document in documents)
        drawn = []
        for place, (document, row) in enumerate(zip(documents, rows, strict=True)):
            content = document.content
            if content is None:
                drawn.append(DrawnDocument(wants="unread"))
                continue
            order = _order(in_force, document, row)
            found = (
                compare_content(order, content)
                if size <= AT_ONCE
                else await comparison_of(in_force.client_id, content, order)
            )
            drawn.append(_drawn(found, row, place=place))
        return drawn, in_force

    async def octets(self, digest: bytes) -> bytes:
        """Returns the canonical bytes of the registered view with this SM3, also of a withdrawn one.

        Raises: NotFound.
        """
        octets = await store.octets_of(self.db, digest=digest)
        if octets is None:
            raise NotFound
        return octets

    async def _named(self, document: Document, in_force: InForce, *, place: int) -> ViewRow | None:
        """Returns the view that the document names, in the version in force; None if it names none.

        Raises: InvalidRequest (there is none, or it was withdrawn), ViewOutdated.
        """
        requested = document.view
        if requested is None:
            return None
        row = next((row for row in in_force.rows if row.view_id == requested.id), None)
        if row is not None and requested.version in {None, row.version} and document.content is not None:
            return row
        await self._require_newest(requested, in_force, row, place=place)
        raise InvalidRequest(fields=["view"])

    async def _require_newest(
        self, requested: RequestedView, in_force: InForce, newest: ViewRow | None, *, place: int
    ) -> None:
        """Raises ViewOutdated if the version is registered and another one follows it."""
        if requested.version is None or (newest is not None and newest.version == requested.version):
            return
        row = await store.find(
            self.db, client_id=in_force.client_id, view_id=requested.id, version=requested.version
        )
        if row is not None and row.withdrawn_at is None:
            raise ViewOutdated(version=None if newest is None else newest.version, place=place)


def _order(in_force: InForce, document: Document, row: ViewRow | None) -> DrawingOrder:
    return DrawingOrder(
        document.title,
        document.media_type,
        document.display,
        None if row is None else row.octets,
        tuple([one.octets for one in in_force.rows]) if row is None and in_force.rows else (),
    )


def _drawn(found: Comparison | None, row: ViewRow | None, *, place: int) -> DrawnDocument:
    if found is None:
        raise ContentTooComplex(document=place)
    if found.fits is not None:
        raise ViewRequired(place=place, view=found.fits)
    if found.error is not None:
        raise ViewFailed(error=found.error, at=found.at, place=place)
    view = None if row is None else NamedView(row.view_id, row.version, row.digest)
    return DrawnDocument(view, found.drawn, found.compared, _wants(found), found.drawing)


def _wants(found: Comparison) -> Wanted | None:
    if not found.is_seen:
        return "unread"
    return "mismatch" if found.differs else None
