"""Time stamps of authorities whose certificates need the tolerant reader, by vectors; and waivers."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from mshield.gm.engine import load_engine
from mshield.pki.asn1 import pem
from mshield.pki.errors import TIME_STAMP_REASONS, TimeStampError, TrustListError
from mshield.pki.foreign.trust_list import TrustList, Waiver
from mshield.pki.timestamps.certificate import parse_tsa_certificate
from mshield.pki.timestamps.file import read_stamp_file
from mshield.pki.timestamps.foreign import parse_any_tsa_certificate, parse_foreign_tsa_certificate
from mshield.pki.timestamps.response import token_of
from mshield.pki.timestamps.standalone import check_stamp
from mshield.pki.timestamps.trusted import listed_tsa, tsa_trust_of
from mshield.pki.timestamps.verify import TsaTrust, verify_token
from tests.support.foreign_tsa import FOLDER, foreign
from tests.support.sources import python
from tests.support.time_stamps import vectors
from tests.support.tsa import below
from tests.unit.pki.authority import NOW, authority

_INDEX = json.loads((FOLDER / "index.json").read_text())


def _octets(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def _outcome(case: dict[str, Any]) -> str:
    try:
        roots = tuple(listed_tsa("", case["read"], _octets(name)) for name in case["roots"])
        waived = (
            Waiver("", parse_any_tsa_certificate(_octets(name)).sha256().hex())
            for name in case.get("waived", ())
        )
        trust = tsa_trust_of(TrustList((), roots, tuple(waived)))
        data = _octets("content.bin") if case["data"] else None
        token = read_stamp_file(_octets(case["file"]))
        return check_stamp(load_engine(), token, data=data, trust=trust, now=_INDEX["at"])[1]
    except TrustListError:
        return "bad_root"
    except TimeStampError as error:
        return error.reason


def test_each_tsa_vector_has_its_result() -> None:
    told = [(case, _outcome(case)) for case in _INDEX["cases"]]
    assert not [pair for pair in told if pair[0]["expect"] != pair[1]]


def test_strict_reader_refuses_them_and_both_agree_on_strict_ones() -> None:
    for name in ("tsa-root.cer", "self-root.cer"):
        with pytest.raises(TimeStampError):
            parse_tsa_certificate(_octets(name))
        assert not parse_any_tsa_certificate(_octets(name)).is_strict
    case, _ = vectors()[0]
    own = read_stamp_file(case.answer).signer
    assert own.is_strict
    assert replace(parse_foreign_tsa_certificate(own.der), is_strict=True, values=own.values) == own


def test_chain_to_a_strict_root_is_read_strictly() -> None:
    """A TSA certificate that needs the tolerant reader is refused under a strict root, even under its own."""
    tsa = foreign()
    token, root = tsa.token(b"x", at=NOW), parse_any_tsa_certificate(tsa.root)
    engine = load_engine()
    strict = verify_token(engine, token, data=b"x", trust=TsaTrust([root]), now=NOW)
    tolerant = verify_token(engine, token, data=b"x", trust=TsaTrust([], tolerant=[root]), now=NOW)
    assert (strict.root, tolerant.root) == (None, root)
    own = below(authority())
    both = TsaTrust([], tolerant=[parse_tsa_certificate(own.root)])
    assert verify_token(engine, own.token(b"x", at=NOW), data=b"x", trust=both, now=NOW).root is not None


def test_a_file_may_be_token_or_answer_in_any_armour() -> None:
    answer = _octets("tsa.tsr")
    token = token_of(answer)
    for der, label in ((answer, "TIMESTAMP RESPONSE"), (token, "TIMESTAMP TOKEN"), (token, "PKCS7")):
        text = pem.encode(label, der)
        base64 = "".join(text.splitlines()[1:-1])
        for file in (der, text.encode(), base64.encode(), base64.encode() + b"\n"):
            assert read_stamp_file(file).der == token
    for wrong in (
        b"",
        b"0",
        b"\x30\x00",
        token[:-1],
        token + b"\0",
        pem.encode("KEY", token).encode(),
        b"MIIA",
    ):
        with pytest.raises(TimeStampError):
            read_stamp_file(wrong)


def test_every_time_stamp_reason_has_a_text() -> None:
    raised = re.compile(r'TimeStampError\(\s*"([a-z_]+)"')
    reasons = {reason for file in python() for reason in raised.findall(file.read_text("utf-8"))}
    assert reasons == set(TIME_STAMP_REASONS)
