"""All vectors of foreign formats, as run by `mshield selftest --formats`."""

import json
from typing import Any, Final

import pytest

from mshield.gm.engine import load_engine
from mshield.pki import selftest
from mshield.pki.selftest import Bench, Files
from mshield.wire.login_message import is_login_message
from mshield.wire.shield_number import PATTERN
from tests.vectors.files import FOLDER

FORMATS: Final = FOLDER / "formats"


def _file(name: str) -> bytes:
    return (FORMATS / name).read_bytes()


def _bench(files: Files) -> Bench:
    return Bench(load_engine(), files, is_login_message, PATTERN)


INDEX: Final = json.loads(_file("index.json"))


def test_all_vectors_pass() -> None:
    report = selftest.run(_bench(_file))
    assert report.failures == ()
    assert report.passed == len(INDEX["vectors"]) == 332


def test_a_case_that_is_wrong_or_faulty_fails() -> None:
    """Another expectation, another M, a missing file, an unknown kind, an invalid case."""
    good = next(case for case in INDEX["vectors"] if case["file"] == "p7/gb-attrs.p7s")
    cases: list[Any] = [
        good,
        good | {"expect": "refuse"},
        good | {"m": "AAAA"},
        good | {"file": "p7/gone.p7s"},
        good | {"kind": "paint"},
        good | {"file": "p7/bad-signature.p7s"},
        7,
    ]
    index = json.dumps(INDEX | {"vectors": cases}).encode()
    report = selftest.run(_bench(lambda name: index if name == "index.json" else _file(name)))
    assert (report.passed, report.failed) == (1, 6)
    with pytest.raises(selftest.NotVectors):
        selftest.run(_bench(lambda _: b"{}"))
