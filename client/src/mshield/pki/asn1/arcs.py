"""The project's own object identifiers: an operator's arc, and the identifiers below it.

Arc numbers are short enough for parsers that store each in 31 bits, as Go's does.
"""

import re
from collections.abc import Collection
from typing import Final

from mshield.pki.asn1 import der
from mshield.pki.errors import DerError

DEFAULT_ARC: Final = "1.2.840.113556.1.8000.2554.21350.64146.45912.16546.40586.5161851.16633035"
"""A UUID of this project, cut into arcs as Microsoft's `oidgen` does under Microsoft's arc; needs no registration."""

_FORM: Final = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]{0,9})){1,31}")
_MOST_OCTETS: Final = 40
_POLICY: Final = ".2"
_RESERVED_ARCS: Final = ("1.2.156.10197", "1.3.6.1.4.1.99999", "1.3.6.1.3", "1.2.840.113549")
"""Arcs that no operator may use: the standards' own, one possibly held by others, and the experimental one."""


def checked_arc(arc: str) -> str:
    """Returns the arc if it is dotted, of short numbers, of ≤ 40 octets and not a foreign arc. Raises: ValueError."""
    if _FORM.fullmatch(arc) is None or any(int(part) >= 2**31 for part in arc.split(".")):
        raise ValueError("not dotted numbers below 2^31")
    try:
        content = der.oid(arc)[2:]
    except DerError as error:
        raise ValueError(str(error)) from error
    if len(content) > _MOST_OCTETS:
        raise ValueError(f"longer than {_MOST_OCTETS} octets")
    if any(arc == other or arc.startswith(f"{other}.") for other in _RESERVED_ARCS):
        raise ValueError("the arc belongs to a standard or to somebody else, or is shared")
    return arc


def display_oid(arc: str) -> str:
    """Returns the identifier of the signed attribute that holds SM3 of what the phone showed."""
    return f"{arc}.1"


def certificate_policy(arc: str) -> str:
    """Returns the default certificate policy of an arc."""
    return f"{arc}.2"


def tsa_policy(arc: str) -> str:
    """Returns the policy of the service's own time stamping authority."""
    return f"{arc}.3"


def display_oids_of(policies: Collection[str]) -> tuple[str, ...]:
    """Returns the display attributes of operators with these certificate policies: `.1` for each policy `.2`."""
    arcs = [policy[:-2] for policy in policies if policy.endswith(_POLICY)]
    return tuple(display_oid(arc) for arc in arcs if _is_arc(arc))


def _is_arc(arc: str) -> bool:
    try:
        return checked_arc(arc) == arc
    except ValueError:
        return False


DISPLAY_OID: Final = display_oid(DEFAULT_ARC)
"""Display attribute that every reader knows; an operator's own one is derived from the trusted certificates."""
