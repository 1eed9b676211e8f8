"""Public Python API: the SDK for business systems and the offline verifier.

The virtual phone is `mshield.testkit.phone`.
"""

from mshield.client.business import (
    AsyncBusinessClient,
    BusinessClient,
    Created,
    Digest,
    Document,
    Pc,
    Result,
    Retry,
    Returned,
    SignedDocument,
    Signer,
    Status,
    ViewName,
    read_return,
)
from mshield.client.errors import ClientError, ClockError, NetworkError, ProblemError, ProtocolError
from mshield.client.evidence.verify import Evidence, VerifiedEvidence, read_evidence, verify_evidence
from mshield.client.verification import VerificationError, VerifiedSignature
from mshield.client.verify import verify, verify_cms
from mshield.client.webhooks import Event, WebhookRefused, verify_webhook
from mshield.wire.webhooks import OidcLogin

__all__ = [
    "AsyncBusinessClient",
    "BusinessClient",
    "ClientError",
    "ClockError",
    "Created",
    "Digest",
    "Document",
    "Event",
    "Evidence",
    "NetworkError",
    "OidcLogin",
    "Pc",
    "ProblemError",
    "ProtocolError",
    "Result",
    "Retry",
    "Returned",
    "SignedDocument",
    "Signer",
    "Status",
    "VerificationError",
    "VerifiedEvidence",
    "VerifiedSignature",
    "ViewName",
    "WebhookRefused",
    "read_evidence",
    "read_return",
    "verify",
    "verify_cms",
    "verify_evidence",
    "verify_webhook",
]
