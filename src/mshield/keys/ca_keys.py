"""The keys of authorities: made here and sealed, or held by a device, of which the box then has the name only.

A box holds a scalar of 32 octets, or `@` and a reference, filled with blanks so that it is always longer. The reference
is sealed as a key is: who writes the database can't lead an authority to another one.
"""

from dataclasses import dataclass, field
from typing import Final

from mshield.gm.curve import N
from mshield.gm.engine import Engine
from mshield.gm.sm2 import PrivateKey, generate
from mshield.keys.errors import BadAuthority, BadKeyReference
from mshield.keys.hardware.reference import MachineKey, parse_reference
from mshield.keys.keyring import Keyring
from mshield.pki.signer import KeySigner, Signer

SCALAR_BYTES: Final = 32
_MARK: Final = b"@"
_LEAST: Final = SCALAR_BYTES + 8


@dataclass(frozen=True, slots=True)
class CaKey:
    """Who signs, and what the authority's box holds."""

    signer: Signer = field(repr=False)
    kept: bytes = field(repr=False)


def new_ca_key(keyring: Keyring, engine: Engine, reference: str | None = None) -> CaKey:
    """A new SM2 key, or the one that a cipher machine holds. Raises BadKeyReference, HardwareError."""
    if reference is not None:
        return CaKey(_held(keyring, engine, reference), kept_reference(reference))
    private = generate(engine)
    return CaKey(KeySigner(engine, private), private.d.to_bytes(SCALAR_BYTES, "big"))


def opened_ca_key(keyring: Keyring, engine: Engine, kept: bytes, public: bytes, *, name: str) -> Signer:
    """The key in the box of the authority `name`, whose certificate has `public`.

    Raises BadAuthority where it is another one; BadKeyReference, HardwareError.
    """
    if (reference := reference_in(kept)) is not None:
        signer: Signer = _held(keyring, engine, reference)
    else:
        d = int.from_bytes(kept, "big")
        if not 0 < d < N - 1 or engine.mul_g(d) != public:
            raise _other_key(name)
        signer = KeySigner(engine, PrivateKey(d, public))
    if signer.public != public:
        raise _other_key(name)
    return signer


def kept_reference(reference: str) -> bytes:
    """What the box holds of a key that a device has."""
    return (_MARK + reference.encode()).ljust(_LEAST)


def reference_in(kept: bytes) -> str | None:
    """The inverse; None where the box holds the key itself."""
    if len(kept) < _LEAST or not kept.startswith(_MARK):
        return None
    return kept.removeprefix(_MARK).decode().rstrip(" ")


def _held(keyring: Keyring, engine: Engine, reference: str) -> Signer:
    key = parse_reference(reference)
    if not isinstance(key, MachineKey):
        raise BadKeyReference(
            "SM2 密钥只能由密码机持有（sdf:索引）：PKCS#11 标准没有 SM2",
            "only a cipher machine holds SM2 keys (sdf:INDEX): standard PKCS#11 knows no SM2",
        )
    return keyring.devices.machine_signer(key.index, engine)


def _other_key(name: str) -> BadAuthority:
    return BadAuthority(f"{name} 的私钥与证书不符", f"the private key of {name} does not fit its certificate")
