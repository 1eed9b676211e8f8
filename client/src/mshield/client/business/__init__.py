"""SDK for business systems (业务系统): request logins and signatures, wait, verify; sync and async."""

from mshield.client.business.clients import AsyncBusinessClient, BusinessClient
from mshield.client.business.plans import Retry
from mshield.client.business.result import Result
from mshield.client.business.returned import Returned, read_return
from mshield.client.business.values import (
    Created,
    Digest,
    Document,
    Pc,
    SignedDocument,
    Signer,
    Status,
    ViewName,
)

__all__ = [
    "AsyncBusinessClient",
    "BusinessClient",
    "Created",
    "Digest",
    "Document",
    "Pc",
    "Result",
    "Retry",
    "Returned",
    "SignedDocument",
    "Signer",
    "Status",
    "ViewName",
    "read_return",
]
