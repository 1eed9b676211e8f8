"""Published status of a certificate: revoked and superseded are permanent, any hold is certificateHold (R14)."""

from mshield.pki.revocation.crl import CERTIFICATE_HOLD, SUPERSEDED, UNSPECIFIED
from mshield.pki.revocation.ocsp import RevokedAt
from mshield.server.certificates.rows.certificates import StatusRow


def revocation_of(row: StatusRow) -> RevokedAt | None:
    """Returns since when (ms) and why (RFC 5280 code) a certificate isn't good; None if it is good.

    A locked PIN alone is still good: the key can't sign any more, and its earlier signatures stay valid.
    """
    if row.state in {"revoked", "superseded"}:
        default = SUPERSEDED if row.state == "superseded" else UNSPECIFIED
        reason = default if row.revocation_reason is None else row.revocation_reason
        return RevokedAt(row.changed_at if row.revoked_at is None else row.revoked_at, reason)
    if row.holds:
        return RevokedAt(row.changed_at if row.held_since is None else row.held_since, CERTIFICATE_HOLD)
    return None
