"""The example of GB/T 32918.5 on the recommended curve."""

from mshield.gm import sm2
from mshield.gm.engine import Engine
from mshield.gm.sm2 import PrivateKey, Signature
from tests.vectors.files import load

EXAMPLE = load("gbt32918.json")
PUBLIC = bytes.fromhex(EXAMPLE["public_key"])
PRIVATE = PrivateKey(int(EXAMPLE["private_key"], 16), PUBLIC)
SIGNATURE = Signature(int(EXAMPLE["r"], 16), int(EXAMPLE["s"], 16))
MESSAGE, USER_ID = EXAMPLE["message"].encode("ascii"), EXAMPLE["user_id"].encode("ascii")


def test_public_key_matches_the_example(engine: Engine) -> None:
    assert engine.mul_g(PRIVATE.d) == PUBLIC


def test_z_and_e_match_the_example() -> None:
    assert USER_ID == sm2.DEFAULT_ID
    assert sm2.z_value(PUBLIC, USER_ID).hex() == EXAMPLE["Z"]
    assert sm2.digest(PUBLIC, MESSAGE, USER_ID).hex() == EXAMPLE["e"]


def test_signature_matches_the_example(engine: Engine) -> None:
    found = sm2.sign_with_nonce(engine, PRIVATE, bytes.fromhex(EXAMPLE["e"]), int(EXAMPLE["k"], 16))
    assert found == SIGNATURE


def test_signature_of_the_example_is_valid(engine: Engine) -> None:
    sm2.verify(engine, PUBLIC, MESSAGE, SIGNATURE, USER_ID)
    sm2.verify(engine, PUBLIC, MESSAGE, SIGNATURE)
