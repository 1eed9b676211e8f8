"""Whose time stamps a trust list believes, and whether a root of authorities can stand in one."""

from mshield.pki.errors import TimeStampError, TrustListError
from mshield.pki.foreign.trust_list import How, ListedTsa, TrustList
from mshield.pki.timestamps.certificate import TsaCertificate, parse_tsa_certificate
from mshield.pki.timestamps.foreign import parse_any_tsa_certificate
from mshield.pki.timestamps.verify import TsaTrust


def tsa_trust_of(listed: TrustList, others: tuple[TsaCertificate, ...] = ()) -> TsaTrust:
    """With `others`, which are read tolerantly, as roots besides. Raises TrustListError."""
    strict = [read_tsa_root(root) for root in listed.tsa_roots if root.how == "strict"]
    tolerant = [read_tsa_root(root) for root in listed.tsa_roots if root.how == "tolerant"]
    waived = frozenset(bytes.fromhex(one.sha256) for one in listed.tsa_waived)
    return TsaTrust(strict, waived, tolerant=(*tolerant, *others))


def listed_tsa(name: str, how: How, data: bytes) -> ListedTsa:
    """A root of authorities, or an authority that is trusted itself, from its DER. Raises TrustListError."""
    listed = ListedTsa(name, how, data)
    read_tsa_root(listed)
    return listed


def read_tsa_root(listed: ListedTsa) -> TsaCertificate:
    """The certificate. Raises TrustListError where it can't be read so."""
    read = parse_tsa_certificate if listed.how == "strict" else parse_any_tsa_certificate
    try:
        return read(listed.der)
    except TimeStampError as error:
        raise TrustListError("unreadable", str(error)) from error
