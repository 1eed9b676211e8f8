"""A cipher machine by GM/T 0018, in software: its keys sign, and its faults give the right error codes."""

from pathlib import Path
from typing import Any

import pytest

from mshield.gm.engine import Engine
from mshield.gm.sm2 import Signature, verify
from mshield.server.keys.errors import (
    BadKeyReference,
    HardwareError,
    HardwareFailed,
    HardwareTimeout,
    NoDeviceKey,
    WrongDevicePin,
)
from mshield.server.keys.hardware import calls
from mshield.server.keys.hardware.devices import Devices
from mshield.server.keys.hardware.machine import CipherMachine, MachinePlace, MachineSigner
from mshield.server.keys.hardware.reference import MachineKey, TokenKey, parse_reference
from tests.support.sdf.machine import PASSWORD, Fault, Machine

MESSAGE = "证书".encode()


@pytest.fixture
def place(machine: Machine) -> MachinePlace:
    return MachinePlace(machine.library, PASSWORD, 5)


def test_a_key_of_the_machine_signs(engine: Engine, machine: Machine, place: MachinePlace) -> None:
    signer = MachineSigner(CipherMachine(place), 1, engine)
    before, signatures = machine.signatures, {signer.sign(MESSAGE) for _ in range(20)}
    assert (machine.signatures - before, len(signatures)) == (20, 20)
    for signature in signatures:
        verify(engine, signer.public, MESSAGE, signature)


def test_each_index_is_a_separate_key(place: MachinePlace) -> None:
    machine = CipherMachine(place)
    assert len({machine.public_key(index) for index in range(1, 9)}) == 8
    for index in (9, 65535):
        with pytest.raises(NoDeviceKey, match=f"index {index}"):
            machine.public_key(index)


def test_one_session_serves_all_calls(machine: Machine, place: MachinePlace, engine: Engine) -> None:
    devices, sessions = machine.open
    signer = MachineSigner(CipherMachine(place), 2, engine)
    for _ in range(3):
        signer.sign(MESSAGE)
    assert machine.open == (devices + 1, sessions + 1)


def test_a_wrong_password_is_tried_once(machine: Machine, place: MachinePlace, engine: Engine) -> None:
    before = machine.wrong_passwords
    wrong = CipherMachine(MachinePlace(place.library, "wrong-password", 5))
    for _ in range(3):
        with pytest.raises(WrongDevicePin) as refused:
            MachineSigner(wrong, 1, engine)
        assert refused.value.code == "wrong_device_pin"
    assert machine.wrong_passwords == before + 1


def test_a_key_without_password_needs_none(place: MachinePlace, engine: Engine) -> None:
    machine = CipherMachine(MachinePlace(place.library, None, 5))
    assert MachineSigner(machine, 7, engine).sign(MESSAGE).r
    with pytest.raises(WrongDevicePin, match="set MSHIELD_SDF_PASSWORD"):
        MachineSigner(machine, 1, engine).sign(MESSAGE)


def test_lost_sessions_are_reopened(machine: Machine, place: MachinePlace, engine: Engine) -> None:
    signer = MachineSigner(CipherMachine(place), 3, engine)
    signer.sign(MESSAGE)
    machine.fault(Fault.LOST_SESSIONS)
    verify(engine, signer.public, MESSAGE, signer.sign(MESSAGE))


@pytest.mark.parametrize("fault", [Fault.WRONG_SIGNATURE, Fault.ZERO_SIGNATURE])
def test_wrong_signature_is_never_returned(
    machine: Machine, place: MachinePlace, engine: Engine, fault: Fault
) -> None:
    signer = MachineSigner(CipherMachine(place), 4, engine)
    machine.fault(fault)
    with pytest.raises(HardwareFailed, match="is invalid and was discarded"):
        signer.sign(MESSAGE)
    machine.fault(Fault.NONE)
    assert signer.sign(MESSAGE).r


@pytest.mark.parametrize("fault", [Fault.FIELDS_OF_256_BITS, Fault.LEFT_ALIGNED])
def test_other_structures_are_refused(machine: Machine, place: MachinePlace, fault: Fault) -> None:
    machine.fault(fault)
    with pytest.raises(HardwareFailed, match="512 bits"):
        CipherMachine(place).public_key(1)


def test_absent_machine_works_again_later(machine: Machine, place: MachinePlace, engine: Engine) -> None:
    gone = CipherMachine(place)
    machine.fault(Fault.GONE)
    with pytest.raises(HardwareFailed, match="SDF_OpenDevice: SDR_OPENDEVICE"):
        gone.public_key(1)
    machine.fault(Fault.NONE)
    assert MachineSigner(gone, 1, engine).sign(MESSAGE).r


def test_hanging_machine_times_out(
    machine: Machine, place: MachinePlace, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "REST_SECONDS", 0)
    hanging = CipherMachine(place)
    signer = MachineSigner(hanging, 5, engine)
    machine.fault(Fault.HANGS)
    with monkeypatch.context() as quick:
        quick.setattr(hanging._calls, "_seconds", 0.05)
        with pytest.raises(HardwareTimeout):
            signer.sign(MESSAGE)
    machine.fault(Fault.NONE)
    verify(engine, signer.public, MESSAGE, signer.sign(MESSAGE))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"sdf_library": None}, "hardware_not_set_up"),
        ({"sdf_library": Path("/nonexistent/libnone.so")}, "no_device_library"),
        ({"sdf_library": Path(__file__)}, "no_device_library"),
        ({"sdf_password_file": Path(__file__)}, "hardware_not_set_up"),
    ],
)
def test_missing_setting_is_reported(
    machine: Machine, engine: Engine, changed: dict[str, Any], code: str
) -> None:
    with pytest.raises(HardwareError) as refused:
        Devices(machine.settings(**changed).keys).machine_signer(1, engine)
    assert refused.value.code == code
    assert PASSWORD not in refused.value.en


def test_library_without_the_functions_is_refused(soft_hsm: Any, engine: Engine) -> None:
    with pytest.raises(HardwareError) as refused:
        CipherMachine(MachinePlace(soft_hsm.library, None, 5)).public_key(1)
    assert refused.value.code == "no_device_library"


def test_machine_reports_its_identity(place: MachinePlace) -> None:
    assert CipherMachine(place).info() == ("Stub", "SDF in software", "2026112900000001")


def test_machine_signature_has_r_and_s(place: MachinePlace) -> None:
    machine = CipherMachine(place)
    machine.public_key(6)
    signature = machine.sign(6, bytes(range(32)))
    assert Signature.from_raw(signature.to_raw()) == signature


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("sdf:1", MachineKey(1)),
        ("sdf:65535", MachineKey(65535)),
        ("pkcs11:object=status", TokenKey(None, "status", None)),
        ("pkcs11:token=ca;object=a%3Bb;id=%01%ff;type=private", TokenKey("ca", "a;b", b"\x01\xff")),
    ],
)
def test_key_references_are_parsed(text: str, key: object) -> None:
    assert parse_reference(text) == key


@pytest.mark.parametrize(
    "text",
    [
        "", "1", "sdf:", "sdf:0", "sdf:01", "sdf:-1", "sdf:100000", "sdf:1 ", "SDF:1", "pkcs11:", "pkcs11:token=ca",
        "pkcs11:object=", "pkcs11:object=a;object=b", "pkcs11:object=a;type=public", "pkcs11:object=a?pin-value=271828",
        "pkcs11:object=a;pin-value=271828", "pkcs11:object=%ff", f"pkcs11:object={'a' * 200}",
    ],
)  # fmt: skip
def test_invalid_key_references_are_refused(text: str) -> None:
    with pytest.raises(BadKeyReference) as refused:
        parse_reference(text)
    assert "271828" not in f"{refused.value.zh} {refused.value.en}"
