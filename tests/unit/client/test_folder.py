"""The phone's storage survives crashes: at any time a file is either the old one or the new one, and complete."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mshield.client.errors import PhoneError
from mshield.testkit.phone import vault
from mshield.testkit.phone.folder import Folder
from mshield.testkit.phone.state import State

OLD, NEW = b"old" * 1000, b"new" * 1000


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "phone")
    made.create()
    made.write("state.json", OLD)
    return made


class Crash(BaseException):
    """A crash that isn't an Exception, so that no error handling catches it."""


@pytest.mark.parametrize(
    ("step", "expected"), [("open", OLD), ("fsync", OLD), ("replace", OLD), ("after", NEW)]
)
def test_a_crash_leaves_the_old_or_the_new_content(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, step: str, expected: bytes
) -> None:
    replace, calls = Path.replace, []

    def crash(*_args: object, **_kwargs: object) -> None:
        raise Crash

    def replace_then_crash(self: Path, target: Path) -> None:
        replace(self, target)
        calls.append(target)
        monkeypatch.setattr(os, "fsync", crash)

    if step == "after":
        monkeypatch.setattr(Path, "replace", replace_then_crash)
    else:
        monkeypatch.setattr(Path if step == "replace" else os, step, crash)
    with pytest.raises(Crash):
        folder.write("state.json", NEW)
    monkeypatch.undo()
    assert folder.read("state.json") == expected
    assert [file.name for file in folder.path.iterdir()] == ["state.json"]


def test_a_write_is_synced_before_and_after_its_rename(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def seen_fsync(descriptor: int) -> None:
        steps.append("fsync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "fsync file")
        fsync(descriptor)

    def seen_replace(self: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", seen_fsync)
    monkeypatch.setattr(Path, "replace", seen_replace)
    folder.write("state.json", NEW)
    assert steps == ["fsync file", "rename", "fsync folder"]


_WRITER = """
import sys
from pathlib import Path
from mshield.testkit.phone.folder import Folder
folder, i = Folder(Path(sys.argv[1])), 0
with folder.locked(patience=5):
    print("ready", flush=True)
    while True:
        folder.write("state.json", (b"%08d" % i) * 4096)
        i += 1
"""


def test_sigkill_in_the_middle_of_writes_leaves_one_whole_version(folder: Folder) -> None:
    for delay in (0.0, 0.005, 0.02):
        writer = subprocess.Popen((sys.executable, "-c", _WRITER, str(folder.path)), stdout=subprocess.PIPE)
        with writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(delay)
            writer.send_signal(signal.SIGKILL)
        content = folder.read("state.json")
        assert content is not None
        assert content == OLD or content == content[:8] * 4096
        with folder.locked(
            patience=1
        ):  # the kernel released the dead process's lock; its leftover files are removed
            assert {file.name for file in folder.path.iterdir()} == {"state.json", "lock"}


def test_one_operation_at_a_time(folder: Folder) -> None:
    order: list[str] = []
    entered, leave = threading.Event(), threading.Event()

    def first() -> None:
        with folder.locked(patience=1):
            entered.set()
            leave.wait(30)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    entered.wait()
    with pytest.raises(PhoneError, match="phone_in_use"), folder.locked(patience=0):
        pass
    threading.Timer(0.2, leave.set).start()
    with folder.locked(patience=20):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


def test_interrupted_creation_of_a_phone_starts_again(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "phone")
    folder.create()
    folder.write(vault.DEVICE_KEY, b"half a phone")
    with vault.opened(folder, server="http://a", patience=1) as opened:
        assert opened.state.server == "http://a"


def test_damaged_file_is_named_and_not_overwritten(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "phone")
    with vault.opened(folder, server="http://a", patience=1):
        pass
    folder.write(vault.STATE, b"{}")
    with (
        pytest.raises(PhoneError, match="damaged_state"),
        vault.opened(folder, server="http://a", patience=1),
    ):
        pass
    assert folder.read(vault.STATE) == b"{}"
    folder.write(vault.STATE, State(server="http://a").encode())
    folder.remove(vault.DEVICE_SECRET)
    with pytest.raises(PhoneError, match="damaged_state"), vault.opened(folder, server=None, patience=1):
        pass
    assert folder.read(vault.DEVICE_SECRET) is None
