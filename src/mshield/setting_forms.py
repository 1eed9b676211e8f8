"""The forms that settings have: addresses, names, networks, outside systems whose accounts log in here."""

import ipaddress
import json
import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from mshield.pki.asn1.arcs import checked_arc

_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def checked_outside_url(url: str, *, query: bool = False) -> str:
    """The address without a final slash. Raises ValueError where secrets must not go there.

    `query` lets it have one; then it is given back as it is.
    """
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE)
    if not safe or not parts.hostname or parts.username or (parts.query and not query) or parts.fragment:
        raise ValueError("must be https:// and nothing but an address; http:// for this machine only")
    return url if query else url.rstrip("/")


OWN_TSA: Final = "own"
"""Stands for the own time stamping authority where others have an address."""


def _tsa_places(places: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(places)) != len(places):
        raise ValueError("an authority stands twice")
    return tuple(place if place == OWN_TSA else checked_outside_url(place) for place in places)


OidArc = Annotated[str, AfterValidator(checked_arc)]
"""Where the operator's own object identifiers stand."""

DatabaseUrl = Annotated[str, Field(pattern=r"^(sqlite:///|postgresql://)")]
OutsideUrl = Annotated[str, AfterValidator(checked_outside_url)]
"""The address of an outside system: secrets and personal data go there, so it is https."""
Positive = Annotated[int, Field(ge=1)]
NotNegative = Annotated[int, Field(ge=0)]
Port = Annotated[int, Field(ge=1, le=65535)]


def _checked_origin(origin: str) -> str:
    """Scheme, host and port alone; a final slash is dropped. Raises ValueError."""
    parts = urlsplit(origin)
    if parts.port == 0 or f"{parts.scheme}://{parts.netloc}" != origin.rstrip("/"):
        raise ValueError("must be https://HOST or https://HOST:PORT and nothing beside it")
    if parts.scheme not in {"https", "http"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError("must be https://HOST or https://HOST:PORT")
    return origin.rstrip("/")


PublicOrigin = Annotated[str, AfterValidator(_checked_origin)]


def is_this_machine(origin: str) -> bool:
    """Whether an origin is one that only this machine's programs reach."""
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
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


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
# By these a browser runs or shows what an address holds, or looks for what lies on the phone: no app is led to so.
_NO_APPS: Final = frozenset(
    {"javascript", "vbscript", "data", "blob", "file", "filesystem", "about", "intent", "content"}
)


def _schemes_of_apps(schemes: tuple[str, ...]) -> tuple[str, ...]:
    if unfit := [
        scheme
        for scheme in schemes
        if not _SCHEME.fullmatch(scheme) or scheme in _NO_APPS | {"http", "https"}
    ]:
        raise ValueError(f"no scheme of an app: {', '.join(unfit)}")
    return schemes


Schemes = Annotated[Names, AfterValidator(_schemes_of_apps)]


class AccountSource(BaseModel):
    """A system whose users log in here with their accounts there.

    `http`: it checks passwords at `url`. `oidc`: its users log in at a page of its own; `url` is the issuer.
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
    """Which member of what it tells is true for a user whose identity it has verified; empty: it verifies nobody's."""

    @model_validator(mode="after")
    def _whole(self) -> "AccountSource":
        if self.name == "local" or (self.kind == "oidc") != bool(self.client_id):
            raise ValueError("a source isn't called local, and oidc alone has a client_id")
        return self


def _named_once(sources: tuple[AccountSource, ...]) -> tuple[AccountSource, ...]:
    if len({source.name for source in sources}) != len(sources):
        raise ValueError("two sources of one name")
    return sources


AccountSourceList = Annotated[
    tuple[AccountSource, ...], NoDecode, BeforeValidator(_from_json), AfterValidator(_named_once)
]
