"""Text types of foreign names, and both types of time, whatever the year."""

from collections.abc import Callable
from typing import Final

from mshield.pki.asn1 import der
from mshield.pki.asn1.reader import Reader, moment
from mshield.pki.errors import DerError

TELETEX_STRING, BMP_STRING = 0x14, 0x1E


def read_text(reader: Reader) -> str:
    """Reads the next text: UTF8String, PrintableString, IA5String, BMPString, or TeletexString in ASCII."""
    read = _TEXTS.get(reader.peek() or 0)
    return reader.text()[1] if read is None else read(reader.content(reader.peek() or 0))


def read_time(reader: Reader) -> int:
    """Reads a UTCTime `YYMMDDHHMMSSZ` or GeneralizedTime `YYYYMMDDHHMMSSZ` of any year, as ms since the epoch."""
    if reader.peek() != der.UTC_TIME:
        return reader.generalized_time()
    digits = reader.content(der.UTC_TIME)
    return moment((b"19" if digits[:2] >= b"50" else b"20") + digits)


def _bmp(content: bytes) -> str:
    """Decodes whole code units, without a lone surrogate."""
    try:
        return content.decode("utf-16-be")
    except UnicodeDecodeError as error:
        raise DerError("text is not valid in its encoding") from error


def _teletex(content: bytes) -> str:
    """Decodes ASCII only: the meaning of other octets differs from CA to CA."""
    if not content.isascii():
        raise DerError("a teletex string has more than ASCII")
    return content.decode("ascii")


_TEXTS: Final[dict[int, Callable[[bytes], str]]] = {TELETEX_STRING: _teletex, BMP_STRING: _bmp}
