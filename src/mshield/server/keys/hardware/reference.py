"""References to keys held by a device: `sdf:INDEX` for a cipher machine, `pkcs11:…` (RFC 7512) for a token.

References are stored in the database and contain no secret: a URI with a PIN or a library path is refused.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from mshield.server.keys.errors import BadKeyReference

_SDF: Final = re.compile(r"sdf:([1-9][0-9]{0,4})")
_MOST: Final = 200
_ATTRIBUTES: Final = frozenset({"token", "object", "id", "type"})


@dataclass(frozen=True, slots=True)
class MachineKey:
    """Signature key pair with this index in a cipher machine."""

    index: int


@dataclass(frozen=True, slots=True)
class TokenKey:
    """Private key in a token, by its label, its id, or both; `token` is the token's label, if given."""

    token: str | None
    label: str | None
    id: bytes | None


KeyReference = MachineKey | TokenKey


def parse_reference(text: str) -> KeyReference:
    """Parses a key reference. Raises: BadKeyReference."""
    if match := _SDF.fullmatch(text):
        return MachineKey(int(match[1]))
    if text.startswith("pkcs11:") and len(text) <= _MOST:
        return _token_key(text)
    raise _refused(text)


def _token_key(text: str) -> TokenKey:
    parts: dict[str, bytes] = {}
    for part in text.removeprefix("pkcs11:").split(";"):
        name, is_value, value = part.partition("=")
        if name not in _ATTRIBUTES or name in parts or not is_value or not value or {"?", "&"} & set(value):
            raise _refused(text)
        parts[name] = unquote_to_bytes(value)
    if parts.get("type", b"private") != b"private" or not {"object", "id"} & parts.keys():
        raise _refused(text)
    try:
        token, label = (parts[name].decode() if name in parts else None for name in ("token", "object"))
    except UnicodeDecodeError:
        raise _refused(text) from None
    return TokenKey(token, label, parts.get("id"))


def _refused(text: str) -> BadKeyReference:
    # A refused text may contain a PIN, so the message repeats only its scheme.
    kind = text.partition(":")[0][:10]
    return BadKeyReference(
        f"{kind!r}：密钥引用应为 sdf:索引，或 pkcs11:token=…;object=…;id=…（RFC 7512，不含 PIN 和库路径）",
        f"{kind!r}: a key reference is sdf:INDEX or pkcs11:token=…;object=…;id=… (RFC 7512, without PIN or library)",
    )
