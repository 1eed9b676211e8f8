"""Master keys wrapped by a token, SoftHSM2: the file's content, what opens it, and the codes of refusals."""

import base64
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pkcs11
import pytest
from pkcs11 import Attribute, KeyType, TokenFlag
from pydantic import SecretStr

from mshield.server.keys.errors import (
    BadMasterKey,
    ClearMasterKey,
    HardwareError,
    HardwareNotSetUp,
    LastPinTry,
    NoToken,
    NotUnderThisKey,
    UnfitDeviceKey,
    WrappedMasterKey,
    WrongDevicePin,
)
from mshield.server.keys.hardware.devices import Devices
from mshield.server.keys.hardware.token import _require_tries
from mshield.server.keys.hardware.wrapped import WrappedForm
from mshield.server.keys.keyring import Keyring, load_keyring
from mshield.server.keys.master import format_master_keys, generate_master_key
from mshield.server.keys.sources import MasterKeyFile
from mshield.server.settings.settings import Settings
from tests.support.soft_hsm import OTHER_TOKEN, PIN, SoftHsm

AES = generate_master_key("aes")
SM4 = generate_master_key("sm4")


@pytest.fixture
def label(request: pytest.FixtureRequest) -> str:
    return f"key of {request.node.name}"


@pytest.fixture
def form(soft_hsm: SoftHsm, label: str) -> WrappedForm:
    made = Devices(soft_hsm.settings(label).keys).wrapped_form()
    assert made.make_wrapping_key()
    return made


@pytest.fixture
def file(form: WrappedForm, tmp_path: Path) -> MasterKeyFile:
    return MasterKeyFile(tmp_path / "master.key", form)


def test_sealed_data_open_after_a_restart(soft_hsm: SoftHsm, label: str, file: MasterKeyFile) -> None:
    file.create(AES)
    file.replace((SM4, AES))
    settings = soft_hsm.settings(label, master_key_file=file.path)
    first, second = load_keyring(settings.keys), load_keyring(settings.keys)
    assert first.ids == (SM4.id, AES.id)
    box = first.seal(b"secret", purpose="p", context=b"c")
    assert second.open(box, purpose="p", context=b"c") == b"secret"
    assert Keyring((SM4,)).open(box, purpose="p", context=b"c") == b"secret"


def test_the_file_holds_no_key(file: MasterKeyFile) -> None:
    file.create(AES)
    text = file.path.read_text("ascii")
    octets = base64.b64decode(text.split()[-1])
    for secret in (AES.secret.hex(), base64.b64encode(AES.secret).decode(), AES.line()):
        assert secret not in text
    assert AES.secret not in octets
    with pytest.raises(WrappedMasterKey) as refused:
        load_keyring(Settings.of(master_key_file=file.path).keys)
    assert refused.value.code == "wrapped_master_key"


def test_wrapping_a_key_differs_each_time(file: MasterKeyFile) -> None:
    assert file.form.format((AES,)) != file.form.format((AES,))


def test_the_token_makes_its_key_once(soft_hsm: SoftHsm, label: str, form: WrappedForm) -> None:
    assert not form.make_wrapping_key()
    token = Devices(soft_hsm.settings().keys).token()

    def look(session: pkcs11.Session) -> tuple[bool, ...]:
        (key,) = session.get_objects({Attribute.LABEL: label})
        with pytest.raises(pkcs11.AttributeSensitive):
            key[Attribute.VALUE]
        names = (Attribute.LOCAL, Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE, Attribute.WRAP)
        return tuple(key[name] for name in names)

    assert token.once(look) == (True, True, True, False)


def test_lines_are_not_interchangeable(file: MasterKeyFile) -> None:
    file.create(AES)
    file.replace((AES, generate_master_key("aes")))
    head, first, second = file.path.read_text("ascii").splitlines()
    wrapped = first.split()[-1]
    spoiled = bytearray(base64.b64decode(wrapped))
    spoiled[20] ^= 1
    for text in (
        f"{first.replace(first[:16], second[:16])}",
        f"{first.replace(' aes ', ' sm4 ')}",
        f"{first.replace(wrapped, base64.b64encode(spoiled).decode())}",
        f"{head}\n{first.replace(wrapped, second.split()[-1])}\n{second}",
    ):
        with pytest.raises(NotUnderThisKey) as refused:
            file.form.parse(text)
        assert refused.value.code == "not_under_this_key"
    assert file.form.parse(first) == (AES,)


def test_another_tokens_key_opens_nothing(soft_hsm: SoftHsm, label: str, file: MasterKeyFile) -> None:
    file.create(AES)
    settings = soft_hsm.settings(label, master_key_file=file.path, pkcs11_token=OTHER_TOKEN)
    assert Devices(settings.keys).wrapped_form().make_wrapping_key()
    with pytest.raises(NotUnderThisKey):
        load_keyring(settings.keys)


def test_clear_key_is_never_accepted(soft_hsm: SoftHsm, label: str, file: MasterKeyFile) -> None:
    file.create(AES)
    ring = Keyring.of(file)
    wrapped = file.path.read_text("ascii")
    for text in (format_master_keys((SM4, AES)), wrapped + SM4.line()):
        file.path.write_text(text, "ascii")
        with pytest.raises(ClearMasterKey, match="keys wrap"):
            load_keyring(soft_hsm.settings(label, master_key_file=file.path).keys)
        with pytest.raises(ClearMasterKey):
            ring.seal(b"secret", purpose="p", context=b"c")
    with pytest.raises(ClearMasterKey, match="MSHIELD_MASTER_KEY"):
        load_keyring(soft_hsm.settings(label, master_key_file=file.path, master_key=AES.line()).keys)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "0123456789abcdef aes aes-gcm",
        f"0123456789abcdef aes aes-gcm {base64.b64encode(bytes(28)).decode()}",
        f"0123456789abcdef aes rsa-oaep {base64.b64encode(bytes(60)).decode()}",
        f"0123456789abcdef aes aes-gcm {base64.b64encode(bytes(60)).decode()}\n" * 2,
    ],
)
def test_malformed_text_is_refused(form: WrappedForm, text: str) -> None:
    with pytest.raises(BadMasterKey):
        form.parse(text)


def test_token_unwraps_one_text_once(
    soft_hsm: SoftHsm, label: str, file: MasterKeyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.create(AES)
    ring = load_keyring(soft_hsm.settings(label, master_key_file=file.path).keys)
    monkeypatch.setattr(Devices(soft_hsm.settings().keys).token(), "once", None)
    box = ring.seal(b"secret", purpose="p", context=b"c")
    foreign = Keyring.generate().seal(b"secret", purpose="p", context=b"c")
    with pytest.raises(Exception, match="which is missing"):
        ring.open(foreign, purpose="p", context=b"c")
    assert ring.open(box, purpose="p", context=b"c") == b"secret"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"pkcs11_module": None}, "hardware_not_set_up"),
        ({"pkcs11_module": Path("/nonexistent/libnone.so")}, "no_device_library"),
        ({"pkcs11_module": Path(__file__)}, "no_device_library"),
        ({"pkcs11_token": None}, "hardware_not_set_up"),
        ({"pkcs11_token": "no such token"}, "no_token"),
        ({"pkcs11_pin": None}, "hardware_not_set_up"),
        ({"pkcs11_pin": "000000"}, "wrong_device_pin"),
        ({"pkcs11_pin": ""}, "wrong_device_pin"),
        ({"pkcs11_pin_file": Path(__file__)}, "hardware_not_set_up"),
        ({"pkcs11_wrapping_key": ""}, "hardware_not_set_up"),
        ({"pkcs11_wrapping_key": "no such key"}, "no_device_key"),
    ],
)
def test_missing_setting_is_reported_in_both_languages(
    soft_hsm: SoftHsm, label: str, file: MasterKeyFile, changed: dict[str, object], code: str
) -> None:
    file.create(AES)
    with pytest.raises(HardwareError) as refused:
        load_keyring(soft_hsm.settings(label, master_key_file=file.path, **changed).keys)
    assert (refused.value.code, PIN in str(refused.value)) == (code, False)
    assert refused.value.zh != refused.value.en
    load_keyring(soft_hsm.settings(label, master_key_file=file.path).keys)


def test_pin_may_come_from_a_file(soft_hsm: SoftHsm, label: str, file: MasterKeyFile, tmp_path: Path) -> None:
    file.create(AES)
    secret = tmp_path / "pin"
    secret.write_text(f"{PIN}\n", "ascii")
    secret.chmod(0o440)
    settings = soft_hsm.settings(label, master_key_file=file.path, pkcs11_pin=None, pkcs11_pin_file=secret)
    assert load_keyring(settings.keys).ids == (AES.id,)
    spoils: tuple[Callable[[], None], ...] = (
        lambda: secret.chmod(0o444),
        lambda: os.truncate(secret, 0),
        secret.unlink,
    )
    for spoil in spoils:
        secret.chmod(0o640)
        spoil()
        with pytest.raises(HardwareNotSetUp, match="MSHIELD_PKCS11_PIN_FILE"):
            load_keyring(settings.keys)


def test_extractable_wrapping_key_is_refused(soft_hsm: SoftHsm, label: str) -> None:
    settings = soft_hsm.settings(label)
    Devices(settings.keys).token().once(
        lambda session: session.generate_key(
            KeyType.AES, 256, label=label, store=True, template={Attribute.EXTRACTABLE: True}
        ),
        writes=True,
    )
    form = Devices(settings.keys).wrapped_form()
    for asked in (form.make_wrapping_key, lambda: form.format((AES,))):
        with pytest.raises(UnfitDeviceKey):
            asked()


def test_two_keys_of_one_label_are_refused(soft_hsm: SoftHsm, label: str, form: WrappedForm) -> None:
    Devices(soft_hsm.settings().keys).token().once(
        lambda session: session.generate_key(KeyType.AES, 256, label=label, store=True), writes=True
    )
    for asked in (form.make_wrapping_key, lambda: form.format((AES,))):
        with pytest.raises(HardwareError, match="more than one"):
            asked()


def test_start_never_uses_the_last_attempt_of_a_pin() -> None:
    with pytest.raises(LastPinTry):
        _require_tries(TokenFlag.USER_PIN_FINAL_TRY | TokenFlag.LOGIN_REQUIRED, "a token")
    with pytest.raises(WrongDevicePin):
        _require_tries(TokenFlag.USER_PIN_FINAL_TRY | TokenFlag.USER_PIN_LOCKED, "a token")
    _require_tries(TokenFlag.USER_PIN_COUNT_LOW, "a token")


def test_lost_session_is_reopened(soft_hsm: SoftHsm) -> None:
    token = Devices(soft_hsm.settings(pkcs11_token=OTHER_TOKEN).keys).token()
    sessions: list[pkcs11.Session] = []

    def work(session: pkcs11.Session) -> bytes:
        sessions.append(session)
        return session.generate_random(64)

    assert len(token.run_in_open_session(work)) == 8
    sessions[0].close()
    assert len(token.run_in_open_session(work)) == 8
    assert len(sessions) == 3
    assert sessions[0] is sessions[1] is not sessions[2]


def test_without_its_package_there_is_no_token(soft_hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "mshield.server.keys.hardware.token", raising=False)
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(HardwareNotSetUp, match="pip install"):
        Devices(soft_hsm.settings().keys).token()


def test_device_presence_needs_no_pin(soft_hsm: SoftHsm) -> None:
    settings = soft_hsm.settings()
    present = settings.keys.model_copy(update={"pkcs11_pin": SecretStr("000000")})
    Devices(present).require_present()
    absent = settings.keys.model_copy(update={"pkcs11_token": "unplugged"})
    with pytest.raises(NoToken):
        Devices(absent).require_present()
    Devices().require_present()
