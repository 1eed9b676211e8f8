"""Messages about certificates for staff."""

from mshield.wire.messages import AnswerMessage


class CertificateEventMessage(AnswerMessage, frozen=True):
    """An event: who caused it, why, when (ms), and the certificate's state afterwards."""

    id: str
    event: str
    actor: str
    actor_id: str | None
    actor_name: str | None
    reason: str
    state: str
    holds: tuple[str, ...]
    revocation_reason: int | None
    at: int


class OtherCertificateMessage(AnswerMessage, frozen=True):
    """Another certificate of the same device: superseded, or revoked earlier."""

    serial: str
    state: str
    issued_at: int
    not_after: int


class CertificateCountsMessage(AnswerMessage, frozen=True):
    """Number of certificates by the state that people see; each is counted once. `due`: ends within half a year."""

    active: int
    due: int
    held: int
    locked: int
    ended: int
