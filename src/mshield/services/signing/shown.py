"""What a phone says that it showed: the service works it out by itself and takes no other."""

from collections.abc import Mapping

import msgspec

from mshield.domain import errors
from mshield.pki.signatures.display import Bound, Confirmed, Pages
from mshield.pki.signatures.kept_display import read_display
from mshield.store.signing.rows import TaskRow


class Shown(msgspec.Struct, frozen=True):
    """What the person confirmed of a document, and the digest of what was shown: SM3, 32 bytes.

    `pages` are those that were on the screen, of a document that was signed unread; None where the phone doesn't say.
    """

    confirmed: Confirmed
    digest: bytes
    pages: Pages | None = None


def require_shown(shown: Mapping[bytes, Shown], tasks: Mapping[bytes, TaskRow]) -> None:
    """Raises Malformed unless each drawn document, and no other, comes with what was shown of it.

    Raises ConfirmationMissing where the asker's words differ from the content, or no phone shows it, and its person
    confirmed nothing of the kind. Nothing here depends on the PIN.
    """
    for sid, task in tasks.items():
        display, claimed = read_display(task.display), shown.get(sid)
        bound = display.bound
        if (bound is None) != (claimed is None):
            raise errors.Malformed(field="shown")
        if bound is None or claimed is None:
            continue
        _require_pages(claimed, bound)
        if bound.shown(claimed.confirmed, claimed.pages) != claimed.digest:
            raise errors.Malformed(field="shown")
        wants = display.wants
        if wants is not None and wants != claimed.confirmed:
            raise errors.ConfirmationMissing(confirm=wants, sid=sid.hex())


def _require_pages(claimed: Shown, bound: Bound) -> None:
    """Raises Malformed for pages of what has none, of what was seen whole, or in another form than the one."""
    pages = claimed.pages
    if pages is None:
        return
    if claimed.confirmed != "unread" or bound.drawing.drawn is not None or not pages.is_of_form:
        raise errors.Malformed(field="pages")
