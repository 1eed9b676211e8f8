"""The public Python API: a business system's SDK and the offline verifier.

The virtual phone is `mshield.client.phone`.
"""

from mshield.client.business import (
    AsyncBusinessClient,
    BusinessClient,
    Created,
    Document,
    Pc,
    Result,
    Retry,
    SignedDocument,
    Signer,
    Status,
)
from mshield.client.errors import ClientError, NetworkError, ProblemError, ProtocolError
from mshield.client.verify import VerificationError, VerifiedSignature, verify, verify_cms
from mshield.client.webhooks import Event, WebhookRefused, verify_webhook

__all__ = [
    "AsyncBusinessClient",
    "BusinessClient",
    "ClientError",
    "Created",
    "Document",
    "Event",
    "NetworkError",
    "Pc",
    "ProblemError",
    "ProtocolError",
    "Result",
    "Retry",
    "SignedDocument",
    "Signer",
    "Status",
    "VerificationError",
    "VerifiedSignature",
    "WebhookRefused",
    "verify",
    "verify_cms",
    "verify_webhook",
]
