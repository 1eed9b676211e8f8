"""What of a request's documents a phone shows: what could look otherwise, or can't be seen, isn't asked for freely."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from mshield.content import image
from mshield.domain import errors
from mshield.pki.signatures.formats import PDF as PDF_FORMAT
from mshield.services.requests.document import Document
from mshield.services.requests.pdf_process import refusal_of_pdf
from mshield.store.database.interface import Database
from mshield.store.systems import unshown
from mshield.views import is_shown

_PDF: Final = "application/pdf"
_IMAGES: Final[Mapping[str, image.Kind]] = {"image/png": "png", "image/jpeg": "jpeg"}


async def require_shown(db: Database, client_id: str, documents: Sequence[Document]) -> None:
    """Raises UnshownRefused for a document that a phone can't show, of a system that no two officers let ask so."""
    hidden = next((number for number, document in enumerate(documents) if not _is_shown(document)), None)
    if hidden is not None and await unshown.find(db, client_id=client_id) is None:
        raise errors.UnshownRefused(document=hidden)


async def require_lasting_looks(documents: Iterable[Document]) -> None:
    """Raises InvalidPdf, InvalidImage, each with its reason and the document's number, from 0; Unavailable.

    A content that stays with the business system can't be looked at: its phone says so.
    """
    for number, document in enumerate(documents):
        kind, content = _name(document.media_type), document.content
        if content is None:
            continue
        if kind == _PDF:
            reason = await refusal_of_pdf(content, is_to_be_updated=document.format == PDF_FORMAT)
            if reason is not None:
                raise errors.InvalidPdf(reason=reason, document=number)
        elif kind in _IMAGES:
            refusal = image.refusal_of(content, _IMAGES[kind])
            if refusal is not None:
                raise errors.InvalidImage(reason=refusal, document=number)


def _is_shown(document: Document) -> bool:
    if document.view is not None and document.content is None:
        return True  # which is refused as it is
    return is_shown(document.media_type, document.content, by_view=document.view is not None)


def _name(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()
