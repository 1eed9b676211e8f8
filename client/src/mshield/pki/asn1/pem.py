"""PEM (RFC 7468): base64 between BEGIN and END lines.

The writer uses lines of 64 characters. The reader accepts any number of blocks with the requested label and
ignores text around them.
"""

import base64
from collections.abc import Iterator

from mshield.pki.errors import DerError


def encode(label: str, data: bytes) -> str:
    """Encodes one block, with a final newline."""
    text = base64.b64encode(data).decode("ascii")
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))


def decode(label: str, text: str) -> tuple[bytes, ...]:
    """Returns the contents of all blocks with this label. Raises: DerError if one isn't base64."""
    blocks = _blocks(f"-----BEGIN {label}-----", f"-----END {label}-----", text)
    try:
        return tuple(base64.b64decode("".join(block.split()), validate=True) for block in blocks)
    except ValueError as error:  # also raised for text that isn't ASCII
        raise DerError(f"PEM block is not base64: {error}") from error


def _blocks(begin: str, finish: str, text: str) -> Iterator[str]:
    """Yields the text between markers. A regex would need quadratic time for many BEGIN lines without an END."""
    at = text.find(begin)
    while at >= 0 and (end := text.find(finish, at + len(begin))) >= 0:
        yield text[at + len(begin) : end]
        at = text.find(begin, end + len(finish))
