"""Whether what is to be signed of a PDF is all of it, but the gap for the signature (docs/formats.md)."""

from mshield.client.errors import ProtocolError
from mshield.client.phone.messages import Task
from mshield.client.phone.state import StoredCertificate
from mshield.gm.sm3 import sm3
from mshield.pki.certificates.certificate import parse_certificate_pem
from mshield.pki.errors import PkiError
from mshield.pki.signatures.formats import pdf_attributes
from mshield.pki.signatures.pdf import covered_digest, gap_in


def own_certificate(stored: StoredCertificate | None) -> str | None:
    """SM3 of this phone's certificate, in hex; None where it has none."""
    return None if stored is None else sm3(parse_certificate_pem(stored.pem).der).hex()


def check_pdf(task: Task, display: bytes) -> bytes:
    """The content's digest. Raises ProtocolError `bad_task` unless M is made of content, update and this phone's key.

    The update stands behind the content, which is what the display speaks of.
    """
    content, update = task.content, task.update
    if content is None or update is None or task.media_type != "application/pdf":
        raise ProtocolError("bad_task", "a PDF without its content or what is to be added to it")
    try:
        own = None if task.own_certificate is None else bytes.fromhex(task.own_certificate)
        whole = pdf_attributes(
            task.options, covered=covered_digest(content, update), display=display, certificate=own
        ).encode()
        gap = gap_in(content, update)
    except (PkiError, ValueError) as error:
        raise ProtocolError("bad_task", f"not a PDF that is ready to be signed: {error}") from error
    if task.message != whole or task.gap != gap:
        raise ProtocolError("bad_task", "the signed attributes are those of another file or display")
    return sm3(content)
