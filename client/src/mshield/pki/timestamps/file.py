"""Reader of a time stamp file: a token, or an authority's response that contains one, in DER, base64 or PEM."""

from mshield.pki.asn1 import der
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import DerError, P7Error, TimeStampError
from mshield.pki.foreign.p7_file import PART_LABELS, octets_of_file
from mshield.pki.timestamps.response import token_of
from mshield.pki.timestamps.token import TimeStampToken, parse_token


def read_stamp_file(data: bytes) -> TimeStampToken:
    """Reads the token. Raises: TimeStampError (`status`: the authority refused; `form`: unreadable)."""
    try:
        octets = octets_of_file(data, PART_LABELS)
        is_token = Reader(octets).enter().peek() == der.OID
    except (P7Error, DerError) as error:
        raise TimeStampError("form", str(error)) from error
    return parse_token(octets if is_token else token_of(octets))
