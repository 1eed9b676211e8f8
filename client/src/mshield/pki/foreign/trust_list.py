"""Trust list: the CA roots that a user trusts, each read strictly or tolerantly. None ships with the product.

Listed separately are the roots of time stamping authorities, and authorities exempt from the time stamping
purpose.
"""

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.errors import PkiError, TrustListError
from mshield.pki.foreign.certificate import ForeignCertificate, parse_foreign_certificate
from mshield.pki.strict_json import read_json

TYPE: Final = "mshield-trust/v1"
MAX_LIST: Final = 4 * 1024 * 1024
"""Limit on a list's size in octets."""

MAX_ROOTS: Final = 1000
_MORE: Final = frozenset({"tsa_roots", "tsa_waived"})
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
How = Literal["strict", "tolerant"]
"""Reader for certificates that a root issued."""


@dataclass(frozen=True, slots=True)
class TrustedRoot:
    """A root in the list; `name` is chosen by the list's keeper."""

    name: str
    how: How
    certificate: ForeignCertificate = field(repr=False)

    @property
    def sha256(self) -> str:
        """SHA-256 fingerprint of the root, hex."""
        return self.certificate.fingerprint().hex()


@dataclass(frozen=True, slots=True)
class ListedTsa:
    """A listed root of time stamping authorities, SM2 or P-256; `timestamps/trusted.py` reads it."""

    name: str
    how: How
    der: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """SHA-256 fingerprint of the root, hex."""
        return hashlib.sha256(self.der).hexdigest()


@dataclass(frozen=True, slots=True)
class Waiver:
    """Exemption of one authority's certificate (SHA-256, hex) from having time stamping as its only purpose."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class TrustList:
    """Content of a trust list."""

    roots: tuple[TrustedRoot, ...] = ()
    tsa_roots: tuple[ListedTsa, ...] = ()
    tsa_waived: tuple[Waiver, ...] = ()


def trusted_root(name: str, how: How, data: bytes) -> TrustedRoot:
    """Reads a root from its DER. Raises: TrustListError (`unreadable`, `no_ca`)."""
    try:
        certificate = parse_foreign_certificate(data)
        if how == "strict":
            parse_certificate(data)
    except PkiError as error:
        raise TrustListError("unreadable", str(error)) from error
    if not certificate.values.is_ca:
        raise TrustListError("no_ca", "the certificate is not a CA's")
    return TrustedRoot(name, how, certificate)


def read_trust_list(data: bytes) -> TrustList:
    """Parses a trust list; lists from before time stamps have only roots. Raises: TrustListError."""
    if len(data) > MAX_LIST:
        raise TrustListError("form", "the list is too long")
    try:
        value = read_json(data)
        # Don't use assertions: `python -O` removes them, and a malformed list would then decide whom to
        # trust.
        if (
            not isinstance(value, dict)
            or value.get("type") != TYPE
            or value.keys() - _MORE != {"type", "roots"}
        ):
            raise TrustListError("form", f"no {TYPE}")
        listed = TrustList(
            tuple(map(_read_root, value["roots"])),
            tuple(map(_read_tsa, value.get("tsa_roots", []))),
            tuple(map(_read_waiver, value.get("tsa_waived", []))),
        )
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise TrustListError("form", f"no {TYPE}: {error}") from error
    for section in (listed.roots, listed.tsa_roots, listed.tsa_waived):
        if len(section) > MAX_ROOTS or len({one.sha256 for one in section}) != len(section):
            raise TrustListError("form", "too many entries, or one occurs twice")
    return listed


def write_trust_list(listed: TrustList) -> bytes:
    """Writes the list as readable JSON without empty sections: each root with its name, SHA-256, and how it is read."""
    value: dict[str, object] = {
        "type": TYPE,
        "roots": [_root_json(root.name, root.how, root.certificate.der) for root in listed.roots],
    }
    if listed.tsa_roots:
        value["tsa_roots"] = [_root_json(root.name, root.how, root.der) for root in listed.tsa_roots]
    if listed.tsa_waived:
        value["tsa_waived"] = [{"name": one.name, "sha256": one.sha256} for one in listed.tsa_waived]
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _root_json(name: str, how: How, data: bytes) -> dict[str, str]:
    return {
        "name": name,
        "read": how,
        "sha256": hashlib.sha256(data).hexdigest(),
        "certificate": base64.b64encode(data).decode(),
    }


def _read_root(listed: dict[str, str]) -> TrustedRoot:
    return trusted_root(*_entry(listed))


def _read_tsa(listed: dict[str, str]) -> ListedTsa:
    return ListedTsa(*_entry(listed))


def _entry(listed: dict[str, str]) -> tuple[str, How, bytes]:
    if listed.keys() != {"name", "read", "sha256", "certificate"} or listed["read"] not in get_args(How):
        raise ValueError("malformed root")
    data = base64.b64decode(listed["certificate"], validate=True)
    if hashlib.sha256(data).hexdigest() != listed["sha256"] or not isinstance(listed["name"], str):
        raise ValueError("a root doesn't match its SHA-256")
    return listed["name"], "strict" if listed["read"] == "strict" else "tolerant", data


def _read_waiver(listed: dict[str, str]) -> Waiver:
    if listed.keys() != {"name", "sha256"} or not isinstance(listed["name"], str):
        raise ValueError("malformed waiver")
    if not _SHA256.fullmatch(listed["sha256"]):
        raise ValueError("a waiver has no SHA-256")
    return Waiver(listed["name"], listed["sha256"])
