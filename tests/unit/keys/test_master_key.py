"""The master key's text, file and variable: accepted forms, and refusals with their messages."""

import base64
import os
import stat
import threading
from pathlib import Path

import pytest

from mshield.server.keys.errors import (
    BadMasterKey,
    KeysError,
    MasterKeyExists,
    NoMasterKey,
    UnknownMasterKey,
    UnsafeMasterKey,
)
from mshield.server.keys.keyring import Keyring, load_keyring
from mshield.server.keys.master import MasterKey, format_master_keys, generate_master_key, parse_master_keys
from mshield.server.keys.sources import EnvironmentKeys, MasterKeyFile
from mshield.server.settings.settings import Settings

AES = generate_master_key("aes")
SM4 = generate_master_key("sm4")


@pytest.fixture
def file(tmp_path: Path) -> MasterKeyFile:
    return MasterKeyFile(tmp_path / "keys" / "master.key")


def test_text_form_round_trips() -> None:
    assert parse_master_keys(format_master_keys((AES, SM4))) == (AES, SM4)


def test_blank_lines_comments_and_semicolons() -> None:
    text = f"# since spring\n\n  {AES.line()}  ;{SM4.line()};\n#{AES.line()}\n"
    assert parse_master_keys(text) == (AES, SM4)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "0123456789abcdef aes",
        f"0123456789abcdef aes {base64.b64encode(bytes(16)).decode()}",
        f"0123456789abcdef sm4 {base64.b64encode(bytes(32)).decode()}",
        f"0123456789abcdef des {base64.b64encode(bytes(16)).decode()}",
        f"0123456789ABCDEF aes {base64.b64encode(bytes(32)).decode()}",
        f"0123456789abcde aes {base64.b64encode(bytes(32)).decode()}",
        f"0123456789abcdef aes {base64.b64encode(bytes(32)).decode()} more",
        f"0123456789abcdef aes {base64.b64encode(bytes(32)).decode()[:-1]}",
        f"{AES.line()}\n{AES.line()}",
    ],
)
def test_malformed_text_is_refused_and_never_shown(text: str) -> None:
    with pytest.raises(BadMasterKey) as refused:
        parse_master_keys(text)
    assert refused.value.code == "bad_master_key"
    for line in text.splitlines():
        assert not line or line not in f"{refused.value.zh} {refused.value.en}"


def test_key_of_wrong_length_is_refused() -> None:
    for key_id, secret in ((b"short", bytes(32)), (bytes(8), bytes(16))):
        with pytest.raises(BadMasterKey):
            MasterKey(key_id, "aes", secret)


def test_file_is_readable_by_its_owner_only(file: MasterKeyFile) -> None:
    old = os.umask(0)
    try:
        file.create(AES)
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert file.load() == (AES,)


def test_a_file_is_never_overwritten(file: MasterKeyFile) -> None:
    file.create(AES)
    with pytest.raises(MasterKeyExists, match="never overwritten"):
        file.create(SM4)
    assert file.load() == (AES,)


def test_dangling_link_is_not_followed(file: MasterKeyFile, tmp_path: Path) -> None:
    file.path.parent.mkdir()
    file.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MasterKeyExists):
        file.create(AES)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o644, 0o610])
def test_loose_permissions_are_refused_with_advice(file: MasterKeyFile, mode: int) -> None:
    file.create(AES)
    file.path.chmod(mode)
    with pytest.raises(UnsafeMasterKey, match="chmod 600") as refused:
        file.load()
    assert refused.value.code == "unsafe_master_key"
    assert str(file.path) in refused.value.zh


def test_tighter_permissions_are_accepted(file: MasterKeyFile) -> None:
    file.create(AES)
    file.path.chmod(0o400)
    assert file.load() == (AES,)


def test_a_foreign_owner_is_refused(file: MasterKeyFile, monkeypatch: pytest.MonkeyPatch) -> None:
    file.create(AES)
    stranger = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: stranger)
    with pytest.raises(UnsafeMasterKey, match=f"uid {stranger}"):
        file.load()


def test_missing_or_irregular_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoMasterKey, match="mshield keys init"):
        MasterKeyFile(tmp_path / "none").load()
    with pytest.raises(KeysError):
        MasterKeyFile(tmp_path).load()
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(UnsafeMasterKey, match="regular"):
        MasterKeyFile(tmp_path / "pipe").load()
    (tmp_path / "binary").write_bytes(os.urandom(64) + b"\xff")
    (tmp_path / "binary").chmod(0o600)
    with pytest.raises(BadMasterKey):
        MasterKeyFile(tmp_path / "binary").load()


def test_keys_are_replaced_all_or_nothing(file: MasterKeyFile, monkeypatch: pytest.MonkeyPatch) -> None:
    file.create(AES)
    file.path.with_name("master.key.new").write_text("left by a command that died")

    def dies(_self: Path, _target: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", dies)
        with pytest.raises(KeyboardInterrupt):
            file.replace((SM4, AES))
    assert file.load() == (AES,)
    file.replace((SM4, AES))
    assert file.load() == (SM4, AES)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_concurrent_changes_of_the_file_are_serialised(file: MasterKeyFile) -> None:
    file.create(AES)

    def add() -> None:
        own = MasterKeyFile(file.path)
        with own.lock():
            own.replace((generate_master_key("aes"), *own.load()))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(file.load()) == 9
    assert file.load()[-1] == AES


def test_a_running_ring_seals_under_a_new_key_at_once(file: MasterKeyFile) -> None:
    file.create(AES)
    ring = Keyring.of(file)
    MasterKeyFile(file.path).replace((SM4, AES))
    box = ring.seal(b"x", purpose="p", context=b"c")
    assert ring.key_id(box) == SM4.id
    assert ring.ids == (SM4.id, AES.id)


def test_running_ring_loads_a_key_added_by_another_process(file: MasterKeyFile) -> None:
    file.create(AES)
    ring = Keyring.of(file)
    MasterKeyFile(file.path).replace((SM4, AES))
    box = Keyring((SM4,)).seal(b"x", purpose="p", context=b"c")
    assert ring.open(box, purpose="p", context=b"c") == b"x"


def test_a_running_ring_never_seals_under_a_dropped_key(file: MasterKeyFile) -> None:
    file.create(AES)
    ring = Keyring.of(file)
    MasterKeyFile(file.path).replace((SM4,))
    assert ring.key_id(ring.seal(b"x", purpose="p", context=b"c")) == SM4.id
    with pytest.raises(UnknownMasterKey):
        ring.open(Keyring((AES,)).seal(b"x", purpose="p", context=b"c"), purpose="p", context=b"c")


def test_running_ring_seals_nothing_if_its_file_is_unsafe(file: MasterKeyFile) -> None:
    file.create(AES)
    ring = Keyring.of(file)
    box = ring.seal(b"x", purpose="p", context=b"c")
    file.path.chmod(0o644)
    with pytest.raises(UnsafeMasterKey):
        ring.seal(b"x", purpose="p", context=b"c")
    file.path.unlink()
    with pytest.raises(NoMasterKey):
        ring.seal(b"x", purpose="p", context=b"c")
    assert ring.open(box, purpose="p", context=b"c") == b"x"


def test_environment_overrides_the_file(file: MasterKeyFile) -> None:
    file.create(AES)
    assert load_keyring(Settings.of(master_key_file=file.path).keys).current_id == AES.id
    both = Settings.of(master_key_file=file.path, master_key=f"{SM4.line()};{AES.line()}")
    assert load_keyring(both.keys).ids == (SM4.id, AES.id)
    assert SM4.line().split()[2] not in repr(both)


def test_keys_of_the_environment_are_fixed() -> None:
    source = EnvironmentKeys(AES.line())
    ring = Keyring.of(source)
    assert not source.changed()
    with pytest.raises(UnknownMasterKey):
        ring.open(Keyring((SM4,)).seal(b"x", purpose="p", context=b"c"), purpose="p", context=b"c")
