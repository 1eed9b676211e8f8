"""Outside CAs and routes to them, read from `cas.toml` (`MSHIELD_CAS`) when a process starts."""

import hashlib
import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

from mshield.gm.engine import load_engine
from mshield.pki.certificates.certificate import parse_certificates_pem
from mshield.pki.errors import PkiError
from mshield.pki.foreign.certificate import ForeignCertificate, parse_foreign_certificate
from mshield.pki.foreign.path import find_foreign_path
from mshield.server.authorities.outside.adapter import Capabilities, Means
from mshield.server.settings.forms import checked_outside_url

T = TypeVar("T")
LOCAL: Final = "local"
_MAX_FILE: Final = 256 * 1024
_NAME: Final = r"^[a-z][a-z0-9-]{0,31}$"
_OWN_NAMES: Final = re.compile(r"local|root|(issuing|ocsp|root_ocsp|tsa)(-.*)?")
_Line = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
_Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
_Oid = Annotated[str, msgspec.Meta(pattern=r"^[0-2](\.(0|[1-9][0-9]*))+$", max_length=64)]


class BadCas(Exception):
    """The file can't be used; the text names the entry and the fault, and contains no secret."""

    code = "bad_cas"

    def __init__(self, fault: str) -> None:
        self.zh, self.en = f"外部签发机构的设置不可用：{fault}", f"settings of outside CAs: {fault}"
        super().__init__(fault)


class CaEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An outside CA as configured; `options` belong to its protocol.

    `certificates` is a PEM file with the CA's root and issuing certificates, of which `roots` names the trusted
    ones by SHA-256. `extra_names` are types of names that the CA may add if `names` is `theirs`.
    """

    name: Annotated[str, msgspec.Meta(pattern=_NAME)]
    kind: Literal["http", "cmp", "est"]
    url: str
    display: _Line
    display_en: str = ""
    secret_file: str = ""
    client_certificate: str = ""
    client_key: str = ""
    server_ca: str = ""
    profile: Annotated[str, msgspec.Meta(max_length=64)] = ""
    roots: Annotated[tuple[_Sha256, ...], msgspec.Meta(min_length=1, max_length=16)]
    certificates: str
    names: Literal["ours", "theirs"] = "ours"
    extra_names: tuple[_Oid, ...] = ()
    purposes: tuple[_Oid, ...] = ()
    policies: tuple[_Oid, ...] = ()
    max_days: Annotated[int, msgspec.Meta(ge=30, le=3660)] = 1100
    status_hosts: tuple[_Line, ...]
    confirm: bool = True
    revoke: Means = "api"
    hold: Means = "no"
    release: Means = "no"
    sends: tuple[Literal["id_number", "phone"], ...] = ()
    seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 15.0
    wait_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30
    disabled: bool = False
    options: dict[str, str | int | bool | list[str]] = {}


class RouteEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Rule that chooses the CA; an empty condition matches everybody. `credit_code` may end in `*`."""

    ca: str
    role: Literal["", "legal_person", "operator"] = ""
    credit_code: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Z]{0,18}\*?$")] = ""

    def matches(self, role: str, credit_code: str) -> bool:
        """Reports whether the rule applies to this role in this enterprise."""
        wanted = self.credit_code
        of_enterprise = credit_code.startswith(wanted[:-1]) if wanted.endswith("*") else wanted == credit_code
        return self.role in {"", role} and (not wanted or of_enterprise)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    route: Annotated[tuple[RouteEntry, ...], msgspec.Meta(min_length=1, max_length=1000)]
    ca: Annotated[tuple[CaEntry, ...], msgspec.Meta(max_length=32)] = ()


@dataclass(frozen=True, slots=True)
class CaProfile:
    """An outside CA with its files read; `secret` is empty if it has none."""

    entry: CaEntry
    roots: tuple[ForeignCertificate, ...]
    intermediates: tuple[ForeignCertificate, ...]
    secret: bytes = field(default=b"", repr=False)

    @property
    def name(self) -> str:
        """Name in the settings."""
        return self.entry.name

    @property
    def can(self) -> Capabilities:
        """What the CA offers."""
        entry = self.entry
        return Capabilities(
            hold=entry.hold, release=entry.release, revoke=entry.revoke, confirm=entry.confirm
        )

    def tls(self) -> ssl.SSLContext | None:
        """Returns the TLS settings for this CA; None for those of every outside system. Raises: BadCas."""
        entry = self.entry
        if not entry.server_ca and not entry.client_certificate:
            return None
        try:
            context = ssl.create_default_context(cafile=entry.server_ca or None)
            if entry.client_certificate:
                context.load_cert_chain(entry.client_certificate, entry.client_key or None)
        except (OSError, ssl.SSLError) as error:
            raise BadCas(f"{entry.name}: TLS files: {type(error).__name__}") from error
        return context


@dataclass(frozen=True, slots=True)
class Cas:
    """All outside CAs by name, and the routes in order."""

    profiles: dict[str, CaProfile]
    routes: tuple[RouteEntry, ...]

    def route(self, role: str, credit_code: str) -> CaProfile | None:
        """Returns the CA for this role in this enterprise; None for the service's own."""
        name = next(route.ca for route in self.routes if route.matches(role, credit_code))
        return None if name == LOCAL else self.profiles[name]


def load_cas(path: str, *, now: int) -> Cas:
    """Reads the file and all files that it names. Raises: BadCas."""
    try:
        document = msgspec.toml.decode(_octets(Path(path)), type=_File)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BadCas(f"{path}: {error}") from error
    profiles: dict[str, CaProfile] = {}
    for entry in document.ca:
        if entry.name in profiles or _OWN_NAMES.fullmatch(entry.name):
            raise BadCas(f"{entry.name}: this name is taken")
        profiles[entry.name] = _profile(entry, now=now)
    for route in document.route:
        if route.ca != LOCAL and route.ca not in profiles:
            raise BadCas(f"a route names {route.ca!r}, which is no CA")
    last = document.route[-1]
    if last.role or last.credit_code:
        raise BadCas("the last route must match everybody")
    return Cas(profiles, document.route)


def _profile(entry: CaEntry, *, now: int) -> CaProfile:
    try:
        checked_outside_url(entry.url)
    except ValueError as error:
        raise BadCas(f"{entry.name}: url {error}") from error
    for host in entry.status_hosts:
        if urlsplit(f"//{host}").hostname != host.lower():
            raise BadCas(f"{entry.name}: {host!r} in status_hosts is no host name")
    if not entry.status_hosts:
        raise BadCas(f"{entry.name}: status_hosts is empty")
    secret = _octets(Path(entry.secret_file)).strip() if entry.secret_file else b""
    if entry.secret_file and len(secret) < 16:
        raise BadCas(f"{entry.name}: the secret has fewer than 16 characters")
    roots, others = _certificates(entry)
    for root in roots:
        if not root.not_before <= now < root.not_after:
            raise BadCas(f"{entry.name}: a root isn't valid now")
    profile = CaProfile(entry, roots, others, secret)
    profile.tls()
    return profile


def _certificates(
    entry: CaEntry,
) -> tuple[tuple[ForeignCertificate, ...], tuple[ForeignCertificate, ...]]:
    try:
        text = _octets(Path(entry.certificates)).decode("ascii")
        # Read by the strict reader first: a file of texts other than certificates is refused.
        every = [parse_foreign_certificate(one.der) for one in parse_certificates_pem(text)]
    except (UnicodeError, PkiError) as error:
        raise BadCas(f"{entry.name}: {entry.certificates} has no readable certificates: {error}") from error
    by_hash = {hashlib.sha256(one.der).hexdigest(): one for one in every}
    missing = [pin for pin in entry.roots if pin not in by_hash]
    if missing:
        raise BadCas(f"{entry.name}: {entry.certificates} lacks the root {missing[0]}")
    roots = tuple(by_hash[pin] for pin in entry.roots)
    others = tuple(one for pin, one in by_hash.items() if pin not in entry.roots)
    engine = load_engine()
    for other in others:
        try:
            find_foreign_path(engine, other, others, roots, at=other.not_before)
        except PkiError as error:
            raise BadCas(f"{entry.name}: a certificate has no path to the roots: {error}") from error
    return roots, others


def options_of(profile: CaProfile, form: type[T]) -> T:
    """Returns the options of the entry's protocol in this form. Raises: BadCas."""
    try:
        return msgspec.convert(profile.entry.options, form)
    except msgspec.ValidationError as error:
        raise BadCas(f"{profile.name}: options: {error}") from error


def _octets(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            octets = file.read(_MAX_FILE + 1)
    except OSError as error:
        raise BadCas(f"{path}: {error.strerror}") from error
    if len(octets) > _MAX_FILE:
        raise BadCas(f"{path}: over {_MAX_FILE} bytes")
    return octets
