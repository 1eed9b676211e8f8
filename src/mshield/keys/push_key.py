"""The key by which push services know this service (RFC 8292, VAPID): P-256, made once, sealed in the database.

Browsers bind their subscriptions to it, so another key would end all of them: it is never changed but for the seal.
"""

from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from mshield.keys.errors import SealError
from mshield.keys.keyring import Keyring
from mshield.store.database.interface import Database
from mshield.store.operations.secrets import find_secret, insert_secret

PUSH: Final = "push-vapid"
_SCALAR_BYTES: Final = 32


async def load_push_key(db: Database, keyring: Keyring, *, now: int) -> ec.EllipticCurvePrivateKey:
    """The key of this database, made at the first call. Raises SealError."""
    box = await find_secret(db, name=PUSH)
    if box is None:
        scalar = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        sealed = keyring.seal(scalar.to_bytes(_SCALAR_BYTES, "big"), purpose="secret", context=PUSH.encode())
        await insert_secret(db, name=PUSH, box=sealed, now=now)
        box = await find_secret(db, name=PUSH)  # the first of two that made one at once
    if box is None:
        raise SealError("推送密钥未能保存", "the key of pushes was not stored")
    opened = keyring.open(box, purpose="secret", context=PUSH.encode())
    return ec.derive_private_key(int.from_bytes(opened, "big"), ec.SECP256R1())
