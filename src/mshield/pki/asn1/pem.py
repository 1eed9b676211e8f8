"""PEM (RFC 7468): base64 between BEGIN and END lines.

Writing gives lines of 64 characters; reading takes any number of blocks of the asked label and ignores text
around them.
"""

import base64
from collections.abc import Iterator

from mshield.pki.errors import DerError


def encode(label: str, data: bytes) -> str:
    """One block with a final newline."""
    text = base64.b64encode(data).decode("ascii")
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))


def decode(label: str, text: str) -> tuple[bytes, ...]:
    """Contents of all blocks with this label; DerError if one is not base64."""
    blocks = _blocks(f"-----BEGIN {label}-----", f"-----END {label}-----", text)
    try:
        return tuple(base64.b64decode("".join(block.split()), validate=True) for block in blocks)
    except ValueError as error:  # also for what is not ASCII
        raise DerError(f"PEM block is not base64: {error}") from error


def _blocks(begin: str, finish: str, text: str) -> Iterator[str]:
    """What stands between. A pattern would take forever over many beginnings without an end."""
    at = text.find(begin)
    while at >= 0 and (end := text.find(finish, at + len(begin))) >= 0:
        yield text[at + len(begin) : end]
        at = text.find(begin, end + len(finish))
