"""Types of settings: addresses, names, networks, outside systems of accounts."""

import ipaddress
import json
import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from mshield.pki.asn1.arcs import checked_arc

GROUP: Final = ConfigDict(frozen=True, extra="forbid")
"""Configuration of a group of settings."""

_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def checked_outside_url(url: str, *, query: bool = False) -> str:
    """Checks an address for secrets and returns it without a final slash. Raises: ValueError (not safe for secrets).

    With `query` it may have a query and is returned unchanged.
    """
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE)
    if not safe or not parts.hostname or parts.username or (parts.query and not query) or parts.fragment:
        raise ValueError("must be a plain https:// address; http:// only for this machine")
    return url if query else url.rstrip("/")


OWN_TSA: Final = "own"
"""Value for the service's own time stamping authority in place of an address."""


def _tsa_places(places: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(places)) != len(places):
        raise ValueError("an authority is listed twice")
    return tuple(place if place == OWN_TSA else checked_outside_url(place) for place in places)


OidArc = Annotated[str, AfterValidator(checked_arc)]
"""Arc of the operator's own object identifiers."""

DatabaseUrl = Annotated[str, Field(pattern=r"^(sqlite:///|postgresql://)")]
OutsideUrl = Annotated[str, AfterValidator(checked_outside_url)]
"""Address of an outside system; https, since secrets and personal data are sent there."""
Positive = Annotated[int, Field(ge=1)]
NotNegative = Annotated[int, Field(ge=0)]
Port = Annotated[int, Field(ge=1, le=65535)]
Line = Annotated[str, Field(min_length=1, max_length=128)]


def _checked_origin(origin: str) -> str:
    """Returns scheme, host and port without a final slash. Raises: ValueError (anything else is present)."""
    parts = urlsplit(origin)
    if parts.port == 0 or f"{parts.scheme}://{parts.netloc}" != origin.rstrip("/"):
        raise ValueError("must be only https://HOST or https://HOST:PORT")
    if parts.scheme not in {"https", "http"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError("must be https://HOST or https://HOST:PORT")
    return origin.rstrip("/")


PublicOrigin = Annotated[str, AfterValidator(_checked_origin)]


def is_this_machine(origin: str) -> bool:
    """Reports whether only programs on this machine can reach an origin."""
    return urlsplit(origin).hostname in _THIS_MACHINE


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("no such time zone") from error
    return name


def _split(value: object) -> object:
    return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


ZoneName = Annotated[str, AfterValidator(_known_zone)]
Names = Annotated[tuple[str, ...], BeforeValidator(_split)]


TsaPlaces = Annotated[Names, AfterValidator(_tsa_places)]
"""Time stamping authorities: `own`, or https addresses."""


def _known_networks(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        ipaddress.ip_network(text)
    return texts


Networks = Annotated[Names, AfterValidator(_known_networks)]


def _from_json(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{2,63}")
# With these schemes a browser runs or displays the address's content, or reads local files, instead of
# opening an app.
_NO_APPS: Final = frozenset(
    {"javascript", "vbscript", "data", "blob", "file", "filesystem", "about", "intent", "content"}
)


def _schemes_of_apps(schemes: tuple[str, ...]) -> tuple[str, ...]:
    if unfit := [
        scheme
        for scheme in schemes
        if not _SCHEME.fullmatch(scheme) or scheme in _NO_APPS | {"http", "https"}
    ]:
        raise ValueError(f"not a scheme of an app: {', '.join(unfit)}")
    return schemes


Schemes = Annotated[Names, AfterValidator(_schemes_of_apps)]


class AccountSource(BaseModel):
    """Outside system whose users log in here with their accounts there.

    `http`: it checks passwords at `url`. `oidc`: its users log in at its own page; `url` is the issuer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    kind: Literal["http", "oidc"]
    title_zh: Annotated[str, Field(min_length=1, max_length=64)]
    title_en: Annotated[str, Field(min_length=1, max_length=64)]
    url: OutsideUrl
    client_id: str = ""
    secret: SecretStr
    seconds: Positive = 10
    identity_claim: Annotated[str, Field(pattern=r"^[A-Za-z0-9_:/.-]{0,128}$")] = ""
    """Claim that is true for users whose identity the system has verified; empty: it doesn't verify identities."""

    @model_validator(mode="after")
    def _whole(self) -> "AccountSource":
        if self.name == "local" or (self.kind == "oidc") != bool(self.client_id):
            raise ValueError("a source can't be named local, and only oidc has a client_id")
        return self


def _require_unique_names(sources: tuple[AccountSource, ...]) -> tuple[AccountSource, ...]:
    if len({source.name for source in sources}) != len(sources):
        raise ValueError("two sources have the same name")
    return sources


AccountSourceList = Annotated[
    tuple[AccountSource, ...], BeforeValidator(_from_json), AfterValidator(_require_unique_names)
]
