"""DPoP proofs, byte by byte, compared with an independent JOSE library and RFC 7638."""

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.jwk import ECKey

from mshield.testkit.phone.dpop import DeviceKey, proof
from mshield.wire.tokens import base64url

URL = "https://shield.example.cn/api/phone/keys/00/open"


def parts(made: str) -> tuple[dict[str, object], dict[str, object]]:
    head, claims, _ = made.split(".")

    def decoded(text: str) -> dict[str, object]:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        assert isinstance(found, dict)
        return found

    return decoded(head), decoded(claims)


def test_proof_has_the_claims_of_a_call_with_token_and_nonce() -> None:
    key = DeviceKey.generate()
    made = proof(
        key, method="POST", url=URL, body=b'{"a":1}', now=1_795_500_000_999, token="t0ken", nonce="n"
    )
    header, claims = parts(made)
    assert header == {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk()}
    assert len(str(claims.pop("jti"))) == 22
    assert claims == {
        "htm": "POST",
        "htu": URL,
        "iat": 1_795_500_000,
        "bd": base64url(hashlib.sha256(b'{"a":1}').digest()),
        "ath": base64url(hashlib.sha256(b"t0ken").digest()),
        "nonce": "n",
    }


def test_a_call_before_login_has_no_ath_and_an_empty_body_has_the_empty_digest() -> None:
    _, claims = parts(proof(DeviceKey.generate(), method="GET", url=URL, body=b"", now=0))
    assert set(claims) == {"htm", "htu", "iat", "jti", "bd"}
    assert claims["bd"] == "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"


def test_the_signature_is_es256_for_another_library() -> None:
    key = DeviceKey.generate()
    made = proof(key, method="GET", url=URL, body=b"", now=0)
    public = ECKey.import_key({**key.jwk()})
    registry = jws.JWSRegistry(algorithms=["ES256"])
    assert jws.deserialize_compact(made, public, registry=registry).payload
    assert key.thumbprint() == public.thumbprint()


def test_two_proofs_have_two_jti() -> None:
    key = DeviceKey.generate()
    made = {str(parts(proof(key, method="GET", url=URL, body=b"", now=0))[1]["jti"]) for _ in range(50)}
    assert len(made) == 50


def test_short_coordinates_keep_32_octets() -> None:
    """RFC 7518, 6.2.1.2: leading zeros stay. About one key in 128 has such a coordinate."""
    for secret in range(1, 2000):
        key = DeviceKey(ec.derive_private_key(secret, ec.SECP256R1()))
        if key.private.public_key().public_numbers().x >> 248 == 0:
            assert len(key.jwk()["x"]) == 43
            return
    raise AssertionError("no key with a short coordinate among 2000")


def test_a_stored_key_is_the_same_key() -> None:
    key = DeviceKey.generate()
    assert DeviceKey.from_pem(key.to_pem()).thumbprint() == key.thumbprint()


def test_a_key_on_another_curve_is_refused() -> None:
    other = ec.generate_private_key(ec.SECP384R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(ValueError, match="P-256"):
        DeviceKey.from_pem(other)
