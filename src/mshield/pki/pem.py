"""PEM (RFC 7468): base64 between BEGIN and END lines.

Writing gives lines of 64 characters; reading takes any number of blocks of the asked label and ignores text
around them.
"""

import base64
import binascii
import re

from mshield.pki.errors import DerError


def encode(label: str, data: bytes) -> str:
    """One block with a final newline."""
    text = base64.b64encode(data).decode("ascii")
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))


def decode(label: str, text: str) -> tuple[bytes, ...]:
    """Contents of all blocks with this label; DerError if one is not base64."""
    blocks = re.findall(
        rf"-----BEGIN {re.escape(label)}-----(.*?)-----END {re.escape(label)}-----", text, re.DOTALL
    )
    try:
        return tuple(base64.b64decode("".join(block.split()), validate=True) for block in blocks)
    except binascii.Error as error:
        raise DerError(f"PEM block is not base64: {error}") from error
