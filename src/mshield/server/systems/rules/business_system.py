"""Registration data of a business system (业务系统): the name and the domain that phones show as checked."""

import re
from typing import Final

from mshield.server.systems.errors import InvalidSystem
from mshield.server.values.lines import plain_name

OWN_CLIENT_ID: Final = "portal"
"""Client id of the service's own business system, for which the legal person signs at the portal."""

MAX_OVERLAP_HOURS: Final = 720
"""Maximum overlap of an old and a new secret: thirty days."""

SYSTEM_CACHE_MS: Final = 5_000
"""Time for which a process caches a system; changes take effect after it."""

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*(?::[1-9][0-9]{{0,4}})?", re.ASCII)


def checked_name(name: str) -> str:
    """Normalises the name. Raises: InvalidSystem."""
    return plain_name(name, refusal=InvalidSystem(field="name"))


def checked_domain(domain: str) -> str:
    """Normalises a host name to lower case; its form is ASCII (`xn--…`), optionally with a port.

    Raises: InvalidSystem.
    """
    plain = domain.strip().lower()
    if not _DOMAIN.fullmatch(plain):
        raise InvalidSystem(field="domain")
    return plain
