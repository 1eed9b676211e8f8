"""Time stamping authorities that a trust list trusts, and checks of a root to be added to it."""

from mshield.pki.errors import TimeStampError, TrustListError
from mshield.pki.foreign.trust_list import How, ListedTsa, TrustList
from mshield.pki.timestamps.certificate import TsaCertificate, parse_tsa_certificate
from mshield.pki.timestamps.foreign import parse_any_tsa_certificate
from mshield.pki.timestamps.verify import TsaTrust


def tsa_trust_of(listed: TrustList, others: tuple[TsaCertificate, ...] = ()) -> TsaTrust:
    """Returns the trust in time stamp authorities that a list gives. Raises: TrustListError.

    `others` are additional roots, read tolerantly.
    """
    strict = [read_tsa_root(root) for root in listed.tsa_roots if root.how == "strict"]
    tolerant = [read_tsa_root(root) for root in listed.tsa_roots if root.how == "tolerant"]
    waived = frozenset(bytes.fromhex(one.sha256) for one in listed.tsa_waived)
    return TsaTrust(strict, waived, tolerant=(*tolerant, *others))


def listed_tsa(name: str, how: How, data: bytes) -> ListedTsa:
    """Makes a list entry from the DER of a root, or of an authority trusted itself. Raises: TrustListError."""
    listed = ListedTsa(name, how, data)
    read_tsa_root(listed)
    return listed


def read_tsa_root(listed: ListedTsa) -> TsaCertificate:
    """Parses the root's certificate as the list demands. Raises: TrustListError (`unreadable`)."""
    read = parse_tsa_certificate if listed.how == "strict" else parse_any_tsa_certificate
    try:
        return read(listed.der)
    except TimeStampError as error:
        raise TrustListError("unreadable", str(error)) from error
