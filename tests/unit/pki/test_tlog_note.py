"""Notes and checkpoints against outside vectors: Go's note package, and the specification's example."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mshield.pki.errors import LogFormError, LogSignatureError
from mshield.pki.tlog.note import Checkpoint, VerifierKey, open_checkpoint, open_note, sign_note

# golang.org/x/mod/sumdb/note, example and tests.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
SIGNED = f"\n— PeterNeumann {SIGNATURE}\n"
OTHER = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
KEY = VerifierKey.parse(VKEY)
PRIVATE = Ed25519PrivateKey.from_private_bytes(base64.b64decode(SKEY.split("+", 4)[4])[1:])


@pytest.fixture
def log() -> tuple[VerifierKey, Ed25519PrivateKey]:
    private = Ed25519PrivateKey.generate()
    return VerifierKey("shield.example/log", private.public_key().public_bytes_raw()), private


def test_published_note_is_verified() -> None:
    assert sign_note(TEXT, KEY, PRIVATE) == TEXT + SIGNED
    assert open_note(TEXT + SIGNED, KEY) == TEXT
    assert str(KEY) == VKEY
    assert VerifierKey.parse("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8").name == (
        "sum.golang.org"
    )


def test_others_signatures_are_ignored() -> None:
    other = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
    assert open_note(TEXT + SIGNED + other, KEY) == TEXT
    assert open_note(TEXT + SIGNED + other, VerifierKey.parse(OTHER)) == TEXT
    # The same name with another key id is another key.
    stranger = "— PeterNeumann " + base64.b64encode(bytes(68)).decode() + "\n"
    assert open_note(TEXT + SIGNED + stranger, KEY) == TEXT


@pytest.mark.parametrize(
    "vkey",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a3+!!!!",
        "",
    ],
)
def test_invalid_keys_are_refused(vkey: str) -> None:
    with pytest.raises(LogFormError):
        VerifierKey.parse(vkey)


@pytest.mark.parametrize(
    "note",
    [
        "",
        TEXT,
        TEXT + SIGNED[:-1],
        TEXT + SIGNED.replace("—", "-"),
        TEXT + SIGNED.replace("=", ""),
        TEXT + SIGNED + "\n",
        TEXT.replace("\n", "\r\n") + SIGNED,
        TEXT + "\n— PeterNeumann x08gow==\n",
        TEXT + "\n" + SIGNED[1:] * 65,
        "a" * 100_001 + TEXT + SIGNED,
    ],
)
def test_invalid_note_is_refused(note: str) -> None:
    with pytest.raises(LogFormError):
        open_note(note, KEY)


def test_a_changed_or_foreign_note_is_refused() -> None:
    for note in (
        TEXT.replace("problem", "question") + SIGNED,
        TEXT + SIGNED.replace("x08go/Z", "x08go/Y"),
        TEXT + SIGNED.replace("PeterNeumann", "PeterNewmann"),
        # Refused as a whole, though one of the two signatures is right.
        TEXT + SIGNED + SIGNED[1:].replace("x08go/Z", "x08go/Y"),
    ):
        with pytest.raises(LogSignatureError):
            open_note(note, KEY)
    with pytest.raises(LogSignatureError):
        open_note(TEXT + SIGNED, VerifierKey.parse(OTHER))


def test_checkpoint_is_signed_and_read_back(log: tuple[VerifierKey, Ed25519PrivateKey]) -> None:
    key, private = log
    root = base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    made = Checkpoint(key.name, 20_852_163, root)
    note = made.sign(key, private)
    assert note.startswith(
        "shield.example/log\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— shield.example/log "
    )
    assert open_checkpoint(note, key) == made
    assert open_checkpoint(sign_note(str(made) + "extension\n", key, private), key) == made


@pytest.mark.parametrize(
    "text",
    [
        "shield.example/log\n1\n",
        "shield.example/log\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "shield.example/log\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "shield.example/log\n١\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "shield.example/log\n1\nCsUYapGGPo4=\n",
        "shield.example/log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
        "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
    ],
)
def test_signed_note_that_is_no_checkpoint_is_refused(
    log: tuple[VerifierKey, Ed25519PrivateKey], text: str
) -> None:
    key, private = log
    with pytest.raises(LogFormError):
        open_checkpoint(sign_note(text, key, private), key)


def test_another_logs_checkpoint_under_this_key(log: tuple[VerifierKey, Ed25519PrivateKey]) -> None:
    key, private = log
    note = sign_note(str(Checkpoint("other.example/log", 1, bytes(32))), key, private)
    with pytest.raises(LogSignatureError):
        open_checkpoint(note, key)
