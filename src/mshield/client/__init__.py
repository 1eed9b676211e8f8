"""The public Python API: a business system's SDK and the offline verifier.

The virtual phone is `mshield.client.phone`.
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
from mshield.client.evidence import Evidence, VerifiedEvidence, read_evidence, verify_evidence
from mshield.client.verify import VerificationError, VerifiedSignature, verify, verify_cms
from mshield.client.webhooks import Event, OidcLogin, WebhookRefused, verify_webhook

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
