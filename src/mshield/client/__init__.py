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

__all__ = [
    "AsyncBusinessClient",
    "BusinessClient",
    "ClientError",
    "Created",
    "Document",
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
    "verify",
    "verify_cms",
]
