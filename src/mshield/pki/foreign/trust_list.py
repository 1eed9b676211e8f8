"""A trust list: the roots of CAs that somebody believes, each read strictly or tolerantly. None is shipped."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.errors import PkiError, TrustListError
from mshield.pki.foreign.certificate import ForeignCertificate, parse_foreign_certificate
from mshield.pki.strict_json import read_json

TYPE: Final = "mshield-trust/v1"
MAX_LIST: Final = 4 * 1024 * 1024
"""Octets of a list."""

MAX_ROOTS: Final = 1000
How = Literal["strict", "tolerant"]
"""How what a root issued is read."""


@dataclass(frozen=True, slots=True)
class TrustedRoot:
    """A root as the list has it; `name` is the list keeper's word for it."""

    name: str
    how: How
    certificate: ForeignCertificate = field(repr=False)

    @property
    def sha256(self) -> str:
        """By which a root is named, in hex."""
        return self.certificate.fingerprint().hex()


def trusted_root(name: str, how: How, data: bytes) -> TrustedRoot:
    """A root from its DER. Raises TrustListError where it is no CA's, or can't be read so."""
    try:
        certificate = parse_foreign_certificate(data)
        if how == "strict":
            parse_certificate(data)
    except PkiError as error:
        raise TrustListError("unreadable", str(error)) from error
    if not certificate.values.is_ca:
        raise TrustListError("no_ca", "the certificate is not a CA's")
    return TrustedRoot(name, how, certificate)


def read_trust_list(data: bytes) -> tuple[TrustedRoot, ...]:
    """The roots of a list. Raises TrustListError."""
    if len(data) > MAX_LIST:
        raise TrustListError("form", "the list is too long")
    try:
        value = read_json(data)
        # No assertions: those are left out by `python -O`, and whom to trust would be read from any form.
        if not isinstance(value, dict) or value.keys() != {"type", "roots"} or value["type"] != TYPE:
            raise TrustListError("form", f"no {TYPE}")
        roots = tuple(map(_read_root, value["roots"]))
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise TrustListError("form", f"no {TYPE}: {error}") from error
    if len(roots) > MAX_ROOTS or len({root.sha256 for root in roots}) != len(roots):
        raise TrustListError("form", "too many roots, or one stands twice")
    return roots


def write_trust_list(roots: Sequence[TrustedRoot]) -> bytes:
    """The list as JSON, for people to read too: each root with its name, SHA-256, subject and how it is read."""
    listed = [
        {
            "name": root.name,
            "read": root.how,
            "sha256": root.sha256,
            "certificate": base64.b64encode(root.certificate.der).decode(),
        }
        for root in roots
    ]
    return (json.dumps({"type": TYPE, "roots": listed}, ensure_ascii=False, indent=2) + "\n").encode()


def _read_root(listed: dict[str, str]) -> TrustedRoot:
    if listed.keys() != {"name", "read", "sha256", "certificate"} or listed["read"] not in get_args(How):
        raise ValueError("a root of another form")
    data = base64.b64decode(listed["certificate"], validate=True)
    if hashlib.sha256(data).hexdigest() != listed["sha256"] or not isinstance(listed["name"], str):
        raise ValueError("a root is not the one of its SHA-256")
    how: How = "strict" if listed["read"] == "strict" else "tolerant"
    return trusted_root(listed["name"], how, data)
