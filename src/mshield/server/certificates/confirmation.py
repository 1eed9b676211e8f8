"""The document by which a phone puts a renewed certificate in force."""

import secrets
from typing import Final

from mshield.gm.transcript import internal_message
from mshield.server.certificates.rows.renewals import OwnTask

INTERNAL: Final = "application/octet-stream"


def confirmation(uid: bytes, *, expires_at: int) -> OwnTask:
    """Returns a new confirmation for the key `uid`, to be signed until `expires_at` (ms)."""
    sid = secrets.token_bytes(16)
    return OwnTask(
        sid=sid,
        uid=uid,
        purpose="confirm",
        message=internal_message("confirm", uid=uid, sid=sid),
        media_type=INTERNAL,
        title="启用新证书 New certificate",
        expires_at=expires_at,
    )
