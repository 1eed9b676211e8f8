"""Contents that a phone shows as they look: a PDF or an image that could look otherwise is asked of nobody."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from mshield.content import image
from mshield.domain import errors
from mshield.services.requests.document import Document
from mshield.services.requests.pdf_process import refusal_of_pdf

_PDF: Final = "application/pdf"
_IMAGES: Final[Mapping[str, Literal["png", "jpeg"]]] = {"image/png": "png", "image/jpeg": "jpeg"}


async def require_lasting_looks(documents: Iterable[Document]) -> None:
    """Raises InvalidPdf, InvalidImage, each with its reason and the document's number, from 0; Unavailable.

    A content that stays with the business system can't be looked at: its phone says so.
    """
    for number, document in enumerate(documents):
        kind, content = document.media_type.partition(";")[0].strip().lower(), document.content
        if content is None:
            continue
        if kind == _PDF:
            reason = await refusal_of_pdf(content)
            if reason is not None:
                raise errors.InvalidPdf(reason=reason, document=number)
        elif kind in _IMAGES:
            refusal = image.refusal_of(content, _IMAGES[kind])
            if refusal is not None:
                raise errors.InvalidImage(reason=refusal, document=number)
