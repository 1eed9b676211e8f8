"""Result of the verification of a signature: the verified facts, or an error that names the step."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from mshield.client.errors import ClientError
from mshield.client.time_stamps import TimeStamp
from mshield.gm.errors import GmError
from mshield.gm.sm2 import Signature
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.errors import (
    CertificateRevoked,
    ContentMismatch,
    LogError,
    PathError,
    PkiError,
    TimeStampError,
)
from mshield.pki.signatures.signed_attributes import SignedAttributes

Step = Literal[
    "input", "chain", "revocation", "signature", "signer", "content", "display", "request", "cms", "time_stamp",
    "log", "issuers", "now",
]  # fmt: skip
"""Step at which a verification failed; the ones from `content` on occur for evidence bundles only."""


class VerificationError(ClientError):
    """Verification failed at `step`; for `revoked` and `on_hold`, `extra` has `at` (ms) and `reason` (RFC 5280)."""

    def __init__(
        self,
        code: str,
        step: Step,
        detail: str | None = None,
        *,
        extra: Mapping[str, object] | None = None,
        texts: tuple[str, str] | None = None,
    ) -> None:
        """Takes a `detail` for the log; `texts`, in Chinese and English, replace those of the code."""
        zh, en = texts or (None, None)
        super().__init__(code, detail, zh=zh, en=en, extra=extra)
        self.step = step


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSignature:
    """A valid signature. Names are those of the certificate; `issuers` are ordered from the leaf's issuer to the root.

    `digest` is e (32 bytes). `revocation` lists the sources that cleared the signer's certificate;
    `issuers_checked` means that lists also cleared every CA below the root. `attributes` are those of a CMS
    that has some: they bind SM3 of the content and of what the phone showed. `time_stamps` are those in a
    CMS.
    """

    name: str
    organisation: str
    role: str
    credit_code: str | None
    serial: int
    at: datetime
    revocation: tuple[Literal["ocsp", "crl"], ...]
    issuers_checked: bool
    digest: bytes = field(repr=False)
    signature: Signature = field(repr=False)
    certificate: Certificate = field(repr=False)
    issuers: tuple[Certificate, ...] = field(repr=False)
    attributes: SignedAttributes | None = field(default=None, repr=False)
    time_stamps: tuple[TimeStamp, ...] = ()


@contextmanager
def failing(step: Step) -> Iterator[None]:
    """Converts errors of `pki` and `gm` to a VerificationError of this step; parse errors become `unreadable`."""
    try:
        yield
    except CertificateRevoked as error:
        extra: dict[str, object] = {"at": error.at, "reason": error.reason}
        raise VerificationError(error.code, step, str(error), extra=extra) from error
    except TimeStampError as error:
        texts = (error.zh, error.en)
        raise VerificationError(error.code, step, str(error), extra=error.extra, texts=texts) from error
    except (PathError, LogError) as error:
        raise VerificationError(error.code, step, str(error)) from error
    except ContentMismatch as error:
        raise VerificationError("message_mismatch", step, str(error)) from error
    except PkiError as error:
        raise VerificationError("unreadable", step, f"{error.code}: {error}") from error
    except GmError as error:
        raise VerificationError("bad_signature", step, f"{error.code}: {error}") from error


def milliseconds(at: datetime) -> int:
    """Converts an aware datetime to ms since 1970. Raises: ValueError without a time zone."""
    if at.tzinfo is None:
        raise ValueError("the time must say its zone: use an aware datetime")
    return int(at.astimezone(UTC).timestamp() * 1000)
