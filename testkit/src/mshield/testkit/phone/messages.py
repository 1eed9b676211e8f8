"""Requests and certificates as this phone keeps and shows them; the messages themselves are `mshield.wire.phone`.

Co-signing responses are read strictly in `cosign_answers`; elsewhere a newer service may add fields.
"""

import msgspec

from mshield.client.forms import unbase64
from mshield.pki.signatures.formats import NO_OPTIONS, Options, signs_content
from mshield.wire.phone.requests import ScannedMessage, TaskMessage, ViewMessage
from mshield.wire.phone.shield import CertificateMessage
from mshield.wire.phone.signatures import SignatureMessage

IssuedCertificate = CertificateMessage
"""This device's certificate, its state, and the log's vkey."""

SignatureRecord = SignatureMessage
"""One line of the signature history."""


class Task(TaskMessage, frozen=True, kw_only=True):
    """One document to sign; `message` is M, the exact bytes that a verifier hashes.

    The phone adds `view_b64`, the view it fetched, `own_certificate`, SM3 of its own, and `unproven`: the log
    doesn't prove the view.
    """

    options: Options = NO_OPTIONS
    view_b64: str | None = None
    unproven: bool = False
    own_certificate: str | None = None

    @property
    def is_drawn(self) -> bool:
        """Whether the message binds view and rendered lines, even if both are None."""
        return self.drawn is not msgspec.UNSET

    @property
    def named_view(self) -> ViewMessage | None:
        """The view that renders it, or None."""
        return self.view if isinstance(self.view, ViewMessage) else None

    @property
    def view_octets(self) -> bytes | None:
        """The view's octets; None until this phone has fetched them."""
        return None if self.view_b64 is None else unbase64(self.view_b64)

    @property
    def message(self) -> bytes:
        """M."""
        return unbase64(self.message_b64)

    @property
    def content(self) -> bytes | None:
        """The displayed content: M itself if it is signed as it is; None if only its digest is available."""
        if signs_content(self.format, self.options):
            return self.message
        return None if self.content_b64 is None else unbase64(self.content_b64)

    @property
    def update(self) -> bytes | None:
        """Bytes appended to the content of a PDF."""
        return unbase64(self.update_b64) if isinstance(self.update_b64, str) else None

    @property
    def attribute_time(self) -> int | None:
        """The signing time among the attributes (ms), or None."""
        return self.signing_time if isinstance(self.signing_time, int) else None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One of several requests answered together, and its documents."""

    request_id: str
    sids: tuple[str, ...]


class Scan(ScannedMessage, frozen=True, kw_only=True):
    """A scanned request. The user compares `number` (two digits) with the one on the PC.

    `return_url` leads back to the app that sent it. The user may prolong it once, until `prolongs_by`. Times
    in ms. For several requests of one system, answered together, `tasks` are those of all requests, and the
    other fields those of the first.
    """

    tasks: tuple[Task, ...]
    parts: tuple[Part, ...] = ()

    @property
    def requests(self) -> tuple[Part, ...]:
        """The requests it consists of, usually one."""
        own = Part(request_id=self.request_id, sids=tuple(task.sid for task in self.tasks))
        return self.parts or (own,)
