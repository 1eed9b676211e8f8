"""The project's own object identifiers: an operator's arc, and what stands under it.

Arcs are short enough for parsers that keep one in 31 bits, as Go's does. What was signed under the identifiers of
before, whose one arc has 128 bits (X.667), is read for good.
"""

import re
from collections.abc import Collection
from typing import Final

from mshield.pki.asn1 import der, oids
from mshield.pki.errors import DerError

DEFAULT_ARC: Final = "1.2.840.113556.1.8000.2554.21350.64146.45912.16546.40586.5161851.16633035"
"""A UUID of our own, cut into arcs as Microsoft's `oidgen` does under Microsoft's arc; needs no registration."""

_FORM: Final = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]{0,9})){1,31}")
_MOST_OCTETS: Final = 40
_POLICY: Final = ".2"
_NOT_OURS: Final = ("1.2.156.10197", "1.3.6.1.4.1.99999", "1.3.6.1.3", "1.2.840.113549")
"""The standards' own arcs, one that somebody else may hold, and the one for experiments."""


def checked_arc(arc: str) -> str:
    """The arc. Raises ValueError unless it is dotted, of short numbers, in at most 40 octets, and may be ours."""
    if _FORM.fullmatch(arc) is None or any(int(part) >= 2**31 for part in arc.split(".")):
        raise ValueError("not dotted numbers below 2^31")
    try:
        content = der.oid(arc)[2:]
    except DerError as error:
        raise ValueError(str(error)) from error
    if len(content) > _MOST_OCTETS:
        raise ValueError(f"longer than {_MOST_OCTETS} octets")
    if any(arc == other or arc.startswith(f"{other}.") for other in _NOT_OURS):
        raise ValueError("an arc that is a standard's, shared, or somebody else's")
    return arc


def display_oid(arc: str) -> str:
    """The signed attribute with SM3 of what the phone showed."""
    return f"{arc}.1"


def certificate_policy(arc: str) -> str:
    """The policy of certificates where no other is set."""
    return f"{arc}.2"


def tsa_policy(arc: str) -> str:
    """The policy of the own time stamping authority."""
    return f"{arc}.3"


def display_oids_of(policies: Collection[str]) -> tuple[str, ...]:
    """The displays' attributes of operators whose certificates have these policies: `.1` where a policy is `.2`."""
    arcs = [policy[:-2] for policy in policies if policy.endswith(_POLICY)]
    return tuple(display_oid(arc) for arc in arcs if _is_arc(arc))


def _is_arc(arc: str) -> bool:
    try:
        return checked_arc(arc) == arc
    except ValueError:
        return False


DISPLAY_OIDS: Final = (oids.DISPLAY_DIGEST, display_oid(DEFAULT_ARC))
"""The display's attribute as every reader knows it; an operator's other one comes with what a reader trusts."""
