"""Inclusion proofs as the service answers them."""

from mshield.wire.messages import AnswerMessage


class InclusionMessage(AnswerMessage, frozen=True):
    """An inclusion proof (RFC 6962): entry and hashes in base64, the signed checkpoint as text."""

    entry: str
    index: int
    hashes: tuple[str, ...]
    checkpoint: str
