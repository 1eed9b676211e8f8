"""Sealed boxes: a box opens only in the place it was sealed for, under either cipher."""

import re
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from mshield.server.keys.errors import SealError, UnknownMasterKey
from mshield.server.keys.keyring import PREFIX_BYTES, Keyring
from mshield.server.keys.master import CipherName, MasterKey, generate_master_key
from mshield.server.maintenance.rows import boxes

UID, OTHER = bytes(range(16)), bytes(16)
SHARE = b"\x07" * 97


@pytest.fixture(params=["aes", "sm4"])
def keyring(request: pytest.FixtureRequest) -> Keyring:
    return Keyring.generate(request.param)


def test_box_opens_to_its_plaintext(keyring: Keyring) -> None:
    box = keyring.seal(b"330206199003124218", purpose="account-id-number", context=b"row")
    assert b"330206199003124218" not in box
    assert keyring.open(box, purpose="account-id-number", context=b"row") == b"330206199003124218"


@given(
    plaintext=st.binary(max_size=300), context=st.binary(max_size=40), cipher=st.sampled_from(["aes", "sm4"])
)
def test_any_plaintext_and_context_round_trip(plaintext: bytes, context: bytes, cipher: CipherName) -> None:
    keyring = Keyring.generate(cipher)
    assert (
        keyring.open(keyring.seal(plaintext, purpose="p", context=context), purpose="p", context=context)
        == plaintext
    )


def test_the_same_value_is_sealed_differently_each_time(keyring: Keyring) -> None:
    sealed = {keyring.seal(b"same", purpose="p", context=b"c") for _ in range(100)}
    assert len({box[PREFIX_BYTES : PREFIX_BYTES + 12] for box in sealed}) == 100


@pytest.mark.parametrize(
    ("purpose", "context"),
    [
        ("filing-id-number", b"row-1"),
        ("account-id-number", b"row-2"),
        ("account-id-number", b""),
        ("account-id-numberrow-1", b""),
        ("account-id-number\x00\x00\x00\x05row-", b"1"),
    ],
)
def test_a_box_opens_for_no_other_purpose_or_row(keyring: Keyring, purpose: str, context: bytes) -> None:
    box = keyring.seal(b"x", purpose="account-id-number", context=b"row-1")
    with pytest.raises(SealError):
        keyring.open(box, purpose=purpose, context=context)


@pytest.mark.parametrize(("uid", "epoch"), [(OTHER, 3), (UID, 2), (UID, 4), (UID, 3 << 8)])
def test_a_share_opens_for_no_other_key_or_epoch(keyring: Keyring, uid: bytes, epoch: int) -> None:
    box = keyring.seal_share(SHARE, uid=UID, epoch=3)
    assert keyring.open_share(box, uid=UID, epoch=3) == SHARE
    with pytest.raises(SealError):
        keyring.open_share(box, uid=uid, epoch=epoch)


def test_shares_and_boxes_are_not_interchangeable(keyring: Keyring) -> None:
    share = keyring.seal_share(SHARE, uid=UID, epoch=3)
    box = keyring.seal(SHARE, purpose="share", context=UID)
    for purpose in ("share", "k2", "outcome"):
        with pytest.raises(SealError):
            keyring.open(share, purpose=purpose, context=UID)
    with pytest.raises(SealError):
        keyring.open_share(box, uid=UID, epoch=0)


def test_no_bit_of_a_box_may_change(keyring: Keyring) -> None:
    box = keyring.seal(b"ab", purpose="p", context=b"c")
    for bit in range(8 * len(box)):
        changed = bytearray(box)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealError):
            keyring.open(bytes(changed), purpose="p", context=b"c")


def test_a_box_may_not_be_cut_or_extended(keyring: Keyring) -> None:
    box = keyring.seal(b"ab", purpose="p", context=b"c")
    for wrong in (b"", *(box[:end] for end in range(len(box))), box + b"\x00"):
        with pytest.raises(SealError):
            keyring.open(wrong, purpose="p", context=b"c")


def test_a_box_under_another_ring_names_the_missing_key(keyring: Keyring) -> None:
    stranger = Keyring.generate()
    with pytest.raises(UnknownMasterKey, match=stranger.current_id.hex()) as refused:
        keyring.open(stranger.seal(b"x", purpose="p", context=b"c"), purpose="p", context=b"c")
    assert refused.value.key_id == stranger.current_id
    assert refused.value.code == "unknown_master_key"


def test_old_keys_open_and_the_current_one_seals() -> None:
    old, new = generate_master_key("aes"), generate_master_key("sm4")
    box = Keyring((old,)).seal(b"x", purpose="p", context=b"c")
    ring = Keyring((new, old))
    assert ring.open(box, purpose="p", context=b"c") == b"x"
    assert ring.key_id(box) == old.id
    sealed = ring.seal(b"x", purpose="p", context=b"c")
    assert ring.key_id(sealed) == ring.current_id == new.id
    assert sealed.startswith(ring.current_prefix)


def test_a_key_with_anothers_id_opens_nothing() -> None:
    key = generate_master_key("aes")
    impostor = MasterKey(key.id, "aes", bytes(32))
    box = Keyring((key,)).seal(b"x", purpose="p", context=b"c")
    with pytest.raises(SealError):
        Keyring((impostor,)).open(box, purpose="p", context=b"c")


@dataclass(frozen=True)
class _Parts:
    nonce: bytes
    ciphertext: bytes
    tag: bytes


def _parts(box: bytes) -> _Parts:
    return _Parts(box[9:21], box[21:-16], box[-16:])


def _lv(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def test_a_shares_associated_data_are_the_protocols_byte_by_byte() -> None:
    aes, sm4 = MasterKey(b"masterk1", "aes", b"A" * 32), MasterKey(b"masterk2", "sm4", b"B" * 16)
    for key in (aes, sm4):
        box = Keyring((key,)).seal_share(SHARE, uid=UID, epoch=258)
        assert box[:9] == b"\x01" + key.id
        associated = b"MSHIELD/v1/share" + _lv(UID) + _lv(b"\x00\x00\x01\x02") + _lv(key.id)
        parts = _parts(box)
        if key.cipher == "aes":
            opened = AESGCM(key.secret).decrypt(parts.nonce, parts.ciphertext + parts.tag, associated)
        else:
            cipher = Cipher(algorithms.SM4(key.secret), modes.GCM(parts.nonce, parts.tag)).decryptor()
            cipher.authenticate_additional_data(associated)
            opened = cipher.update(parts.ciphertext) + cipher.finalize()
        assert opened == SHARE


def test_associated_data_names_purpose_context_and_key() -> None:
    key = MasterKey(b"masterk1", "aes", b"A" * 32)
    parts = _parts(Keyring((key,)).seal(b"x", purpose="k2", context=b"ctx"))
    associated = b"MSHIELD/box/" + _lv(b"k2") + _lv(b"ctx") + _lv(b"masterk1")
    assert AESGCM(key.secret).decrypt(parts.nonce, parts.ciphertext + parts.tag, associated) == b"x"


def test_sm4_gcm_is_rfc_8998s() -> None:
    """The vector of RFC 8998, appendix A.1."""
    key = MasterKey(bytes(8), "sm4", bytes.fromhex("0123456789abcdeffedcba9876543210"))
    nonce = bytes.fromhex("00001234567800000000abcd")
    plaintext = bytes.fromhex(
        "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
        "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
    )
    associated = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    sealed = key.encrypt(nonce, plaintext, associated)
    assert sealed.hex() == (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    assert key.decrypt(nonce, sealed, associated) == plaintext


def test_repr_reveals_no_secret() -> None:
    key = generate_master_key("aes")
    for shown in (repr(key), repr(Keyring((key,))), str(key)):
        assert key.secret.hex() not in shown
        assert not re.search(re.escape(repr(key.secret)[2:-1]), shown)


def test_search_for_old_boxes_compares_their_prefix() -> None:
    assert boxes.PREFIX_BYTES == PREFIX_BYTES
