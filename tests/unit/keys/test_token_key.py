"""A P-256 key in a token, SoftHSM2: it signs like one in memory, can't be exported; unfit keys are refused."""

import copy

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from mshield.pki.asn1 import oids
from mshield.pki.certificates.extensions import KeyUse
from mshield.pki.certificates.p256 import make_p256_certificate
from mshield.server.keys.errors import BadKeyReference, HardwareFailed, NoDeviceKey, UnfitDeviceKey
from mshield.server.keys.hardware.devices import Devices
from mshield.server.keys.hardware.token_key import TokenP256
from tests.support.soft_hsm import SoftHsm

MESSAGE = "证书".encode()
ECDSA = ec.ECDSA(SHA256())


@pytest.fixture
def label(request: pytest.FixtureRequest) -> str:
    return f"key of {request.node.name}"


@pytest.fixture
def key(soft_hsm: SoftHsm, label: str) -> TokenP256:
    return Devices(soft_hsm.settings().keys).token_p256(soft_hsm.make_key(label))


def test_token_key_signs_its_own_certificate(key: TokenP256) -> None:
    for message in (MESSAGE, bytearray(MESSAGE), memoryview(MESSAGE)):
        key.public_key().verify(key.sign(message, ECDSA), MESSAGE, ECDSA)
    assert make_p256_certificate(
        key,
        country="CN",
        organisation="示例",
        common_name="示例 Status P-256",
        serial=1,
        not_before=0,
        not_after=1000,
        uses=(KeyUse.DIGITAL_SIGNATURE,),
        purpose=oids.OCSP_SIGNING,
    )


def test_token_key_cannot_be_exported(key: TokenP256) -> None:
    for taken in (key.private_numbers, key.private_bytes, key.exchange):
        with pytest.raises(TypeError):
            taken()
    assert copy.copy(key) is copy.deepcopy(key) is key
    assert (key.curve.name, key.key_size) == ("secp256r1", 256)
    for algorithm in (ec.ECDSA(SHA384()), object()):
        with pytest.raises(TypeError):
            key.sign(MESSAGE, algorithm)  # type: ignore[arg-type]  # as wrong as that


def test_token_key_signs_in_a_new_session(key: TokenP256) -> None:
    sessions: list[pkcs11.Session] = []
    key._token.run_in_open_session(sessions.append)
    sessions[0].close()
    key.public_key().verify(key.sign(MESSAGE, ECDSA), MESSAGE, ECDSA)
    key._token.once(lambda session: session.generate_random(8), writes=True)
    key.public_key().verify(key.sign(MESSAGE, ECDSA), MESSAGE, ECDSA)


def test_wrong_signature_is_never_returned(
    soft_hsm: SoftHsm, key: TokenP256, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This happens if a token's private and public key of one name are not a pair."""
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    monkeypatch.setattr(key, "_public", other)
    with pytest.raises(HardwareFailed, match="is invalid and was discarded"):
        key.sign(MESSAGE, ECDSA)


def test_unfit_keys_are_refused(soft_hsm: SoftHsm, label: str) -> None:
    devices = Devices(soft_hsm.settings().keys)
    for name, unfit in (
        ("p384", {"curve": "secp384r1"}),
        ("extractable", {"extractable": True}),
    ):
        reference = soft_hsm.make_key(f"{label} {name}", **unfit)
        with pytest.raises(UnfitDeviceKey):
            devices.token_p256(reference)


def test_keys_are_found_by_reference(soft_hsm: SoftHsm, label: str, key: TokenP256) -> None:
    devices = Devices(soft_hsm.settings().keys)
    assert devices.token_p256(f"pkcs11:object={label}").public_key() == key.public_key()
    with pytest.raises(NoDeviceKey):
        devices.token_p256("pkcs11:object=none")
    with pytest.raises(NoDeviceKey):
        devices.token_p256(f"pkcs11:object={label};id=%01")
    with pytest.raises(BadKeyReference, match="MSHIELD_PKCS11_TOKEN"):
        devices.token_p256(f"pkcs11:token=other;object={label}")
    with pytest.raises(BadKeyReference, match="only SM2"):
        devices.token_p256("sdf:1")
    soft_hsm.make_key(label)
    with pytest.raises(NoDeviceKey, match="more than one"):
        devices.token_p256(f"pkcs11:object={label}")
