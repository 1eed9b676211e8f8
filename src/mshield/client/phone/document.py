"""Whether what is to be signed is what the phone shows (protocol, "Documents")."""

from mshield.client.errors import ProtocolError
from mshield.client.phone.messages import Task
from mshield.domain.login_message import is_login_message
from mshield.gm.sm3 import sm3
from mshield.pki.errors import PkiError
from mshield.pki.signatures.signed_attributes import (
    attributes_of,
    is_like_attributes,
    parse_signed_attributes,
)


def check_document(task: Task) -> None:
    """Raises ProtocolError `bad_task` for a document whose message doesn't bind what it shows."""
    content, message = task.content, task.message
    if task.format == "raw":
        if is_like_attributes(message) or is_login_message(message):
            raise ProtocolError("bad_task", "signed attributes, or a login, as content")
        return
    if content is None and (task.format != "cms_detached" or task.size is None):
        raise ProtocolError("bad_task", "a document without content or size")
    try:
        signed = parse_signed_attributes(message)
    except PkiError as error:
        raise ProtocolError("bad_task", f"not the signed attributes of a document: {error}") from error
    shown = attributes_of(
        digest=signed.message_digest if content is None else sm3(content),
        title=task.title,
        media_type=task.media_type,
        size=task.size or 0 if content is None else len(content),
        lines=[(field.label, field.value) for field in task.display],
    )
    if signed != shown:
        raise ProtocolError("bad_task", "the signed attributes are those of another document or display")
