"""What a business system (业务系统) is registered with: the name and the domain that phones show as checked."""

import re
from typing import Final

from mshield.domain import errors
from mshield.domain.lines import plain_name

OWN_CLIENT_ID: Final = "portal"
"""The service's own business system, for which the legal person signs at the portal."""

MAX_OVERLAP_HOURS: Final = 720
"""How long an old secret may count beside the new one: thirty days."""

SYSTEM_CACHE_MS: Final = 5_000
"""How long a process remembers a system that it has read: a change takes that long to count."""

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*(?::[1-9][0-9]{{0,4}})?", re.ASCII)


def checked_name(name: str) -> str:
    """The name in its one form. Raises InvalidSystem."""
    return plain_name(name, refusal=errors.InvalidSystem(field="name"))


def checked_domain(domain: str) -> str:
    """A host's name in lower case, in its ASCII form (`xn--…`), with a port where it has one. Raises InvalidSystem."""
    plain = domain.strip().lower()
    if not _DOMAIN.fullmatch(plain):
        raise errors.InvalidSystem(field="domain")
    return plain
