"""Keys of authorities: created here and sealed, or held by a device, in which case the box contains only a reference.

A box holds a 32-byte scalar, or `@` and a reference padded with blanks so that it is always longer. The
reference is sealed like a key, so that write access to the database isn't enough to point an authority to
another key.
"""

from dataclasses import dataclass, field
from typing import Final

from mshield.gm.curve import N
from mshield.gm.engine import Engine
from mshield.gm.sm2 import PrivateKey, generate
from mshield.pki.signer import KeySigner, Signer
from mshield.server.keys.errors import BadAuthority, BadKeyReference, KeyElsewhere
from mshield.server.keys.hardware.reference import MachineKey, parse_reference
from mshield.server.keys.keyring import Keyring

SCALAR_BYTES: Final = 32
ELSEWHERE: Final = "elsewhere:"
"""Reference of the root's key if it isn't on this server."""

_MARK: Final = b"@"
_LEAST: Final = SCALAR_BYTES + 8


@dataclass(frozen=True, slots=True)
class CaKey:
    """Signer of an authority, and the content of its box."""

    signer: Signer = field(repr=False)
    box_content: bytes = field(repr=False)


def new_ca_key(keyring: Keyring, engine: Engine, reference: str | None = None) -> CaKey:
    """Makes a new SM2 key, or uses the one in the cipher machine. Raises: BadKeyReference, HardwareError."""
    if reference is not None:
        return CaKey(_device_signer(keyring, engine, reference), reference_content(reference))
    private = generate(engine)
    return CaKey(KeySigner(engine, private), private.d.to_bytes(SCALAR_BYTES, "big"))


def opened_ca_key(
    keyring: Keyring, engine: Engine, box_content: bytes, public: bytes, *, name: str
) -> Signer:
    """Opens the key from the box of the authority `name`, whose certificate has the public key `public`.

    Raises: BadAuthority (key doesn't match the certificate), KeyElsewhere, BadKeyReference, HardwareError.
    """
    reference = reference_in(box_content)
    if reference == ELSEWHERE:
        raise KeyElsewhere(
            "根密钥不在本服务器上：请用 mshield ca request 生成请求，由根签发后用 mshield ca import 导入",
            "the root's key isn't on this server: make a request with `mshield ca request`, have the root "
            "sign it, then run `mshield ca import`",
        )
    if reference is not None:
        signer: Signer = _device_signer(keyring, engine, reference)
    else:
        d = int.from_bytes(box_content, "big")
        if not 0 < d < N - 1 or engine.mul_g(d) != public:
            raise _other_key(name)
        signer = KeySigner(engine, PrivateKey(d, public))
    if signer.public != public:
        raise _other_key(name)
    return signer


def reference_content(reference: str) -> bytes:
    """Returns the box content for a key held by a device."""
    return (_MARK + reference.encode()).ljust(_LEAST)


def reference_in(box_content: bytes) -> str | None:
    """Inverts `reference_content`; None if the box holds the key itself."""
    if len(box_content) < _LEAST or not box_content.startswith(_MARK):
        return None
    return box_content.removeprefix(_MARK).decode().rstrip(" ")


def _device_signer(keyring: Keyring, engine: Engine, reference: str) -> Signer:
    key = parse_reference(reference)
    if not isinstance(key, MachineKey):
        raise BadKeyReference(
            "SM2 密钥只能由密码机持有（sdf:索引）：PKCS#11 标准没有 SM2",
            "only a cipher machine can hold SM2 keys (sdf:INDEX): standard PKCS#11 doesn't support SM2",
        )
    return keyring.devices.machine_signer(key.index, engine)


def _other_key(name: str) -> BadAuthority:
    return BadAuthority(
        f"{name} 的私钥与证书不符", f"the private key of {name} does not match its certificate"
    )
