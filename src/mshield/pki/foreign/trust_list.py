"""A trust list: the roots of CAs that somebody believes, each read strictly or tolerantly. None is shipped.

Apart from them stand the roots of time stamping authorities, and authorities that needn't say what they are for.
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
"""Octets of a list."""

MAX_ROOTS: Final = 1000
_MORE: Final = frozenset({"tsa_roots", "tsa_waived"})
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
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


@dataclass(frozen=True, slots=True)
class ListedTsa:
    """A root of time stamping authorities, SM2 or P-256, as listed: `timestamps/trusted.py` reads it."""

    name: str
    how: How
    der: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """By which it is named, in hex."""
        return hashlib.sha256(self.der).hexdigest()


@dataclass(frozen=True, slots=True)
class Waiver:
    """One authority's certificate, by SHA-256 in hex, that needn't say that it is for time stamps alone."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class TrustList:
    """All that a list says."""

    roots: tuple[TrustedRoot, ...] = ()
    tsa_roots: tuple[ListedTsa, ...] = ()
    tsa_waived: tuple[Waiver, ...] = ()


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


def read_trust_list(data: bytes) -> TrustList:
    """What a list says; of one from before time stamps, roots alone. Raises TrustListError."""
    if len(data) > MAX_LIST:
        raise TrustListError("form", "the list is too long")
    try:
        value = read_json(data)
        # No assertions: those are left out by `python -O`, and whom to trust would be read from any form.
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
    for those in (listed.roots, listed.tsa_roots, listed.tsa_waived):
        if len(those) > MAX_ROOTS or len({one.sha256 for one in those}) != len(those):
            raise TrustListError("form", "too many entries, or one stands twice")
    return listed


def write_trust_list(listed: TrustList) -> bytes:
    """The list as JSON, for people to read too: each root with its name, SHA-256, and how it is read.

    Of time stamps nothing stands there where there is nothing, so that readers of before take it.
    """
    value: dict[str, object] = {
        "type": TYPE,
        "roots": [_written(root.name, root.how, root.certificate.der) for root in listed.roots],
    }
    if listed.tsa_roots:
        value["tsa_roots"] = [_written(root.name, root.how, root.der) for root in listed.tsa_roots]
    if listed.tsa_waived:
        value["tsa_waived"] = [{"name": one.name, "sha256": one.sha256} for one in listed.tsa_waived]
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _written(name: str, how: How, data: bytes) -> dict[str, str]:
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
        raise ValueError("a root of another form")
    data = base64.b64decode(listed["certificate"], validate=True)
    if hashlib.sha256(data).hexdigest() != listed["sha256"] or not isinstance(listed["name"], str):
        raise ValueError("a root is not the one of its SHA-256")
    return listed["name"], "strict" if listed["read"] == "strict" else "tolerant", data


def _read_waiver(listed: dict[str, str]) -> Waiver:
    if listed.keys() != {"name", "sha256"} or not isinstance(listed["name"], str):
        raise ValueError("a waiver of another form")
    if not _SHA256.fullmatch(listed["sha256"]):
        raise ValueError("a waiver names no SHA-256")
    return Waiver(listed["name"], listed["sha256"])
