"""The gap of a PDF prepared for signing: phone and service exclude exactly that from the signed bytes.

For every input that both readers accept, only zeros in brackets are excluded.
"""

import base64
import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import strategies as st

from mshield.gm.sm3 import sm3
from mshield.pki.signatures.pdf import finished
from tests.fuzz import mutations
from tests.fuzz.format_readers import by_python, page
from tests.fuzz.running import fuzz

pytestmark = pytest.mark.slow

_CASES: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors/pdf.json").read_text("utf-8")
)
_CONTENT: Final = bytes.fromhex(_CASES["content"])
_UPDATE: Final = bytes.fromhex(_CASES["update"])
_HEAD: Final = len(_CONTENT).to_bytes(2) + _CONTENT
_PIECES: Final = [
    b"/ByteRange", b"/ByteRange [0 1492 1622 3452]", b"/Contents", b"/Contents <00>", b"startxref", b"%%EOF", b"<",
    b">", b"<>", b"00", b"0", b" ", b"\n", b"\0", b"[", b"]", b"-1", b"1491", b"1493", b"1621", b"1623", b"3451",
    b"3453", b"99999999999",
]  # fmt: skip
_NEAR: Final = (_UPDATE.index(b"/ByteRange") - 40, _CASES["gap"][1] - len(_CONTENT) + 20)
_RANGE: Final = re.compile(rb"/ByteRange[\x00\s]*\[([\x00\s0-9]+)\]")


@st.composite
def _updates(draw: st.DrawFn) -> bytes:
    """Draws the update with an insertion or deletion, mostly near its gap; or with changed bytes; or truncated."""
    octets = _UPDATE
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(*_NEAR) | st.integers(0, len(octets)))
        octets = octets[:at] + draw(st.sampled_from(_PIECES)) + octets[at + draw(st.integers(0, 8)) :]
    # Restores the length that the range states, if that is to be tested.
    fitting = octets[: len(_UPDATE)].ljust(len(_UPDATE), b"\n")
    return (
        draw(st.sampled_from([octets, fitting])) if draw(st.booleans()) else draw(mutations.changed([octets]))
    )


def _line(octets: bytes) -> bytes:
    listed = {"kind": "read", "as": "gap", "file": "it"}
    return json.dumps(
        {"listed": listed, "files": {"it": base64.b64encode(octets).decode()}, "at": 0}
    ).encode()


def _hold(update: bytes, answer: Any) -> None:
    """Asserts that everything except zeros in brackets is signed, as the file itself states."""
    start, end = answer["gap"]
    whole = _CONTENT + update
    assert len(_CONTENT) < start < end < len(whole)
    assert whole[start:end] == b"<" + b"0" * (end - start - 2) + b">"
    assert base64.b64decode(answer["covered"]) == sm3(whole[:start] + whole[end:])
    [said] = _RANGE.findall(update)
    assert list(map(int, said.replace(b"\0", b" ").split())) == [0, start, end, len(whole) - end]
    assert re.search(rb"/Contents[\x00\s]*\Z", whole[:start])
    if end - start > 4:
        signed = finished(_CONTENT, update, b"\x30\x00"[: (end - start - 2) // 2])
        assert signed[:start] + signed[end:] == whole[:start] + whole[end:]


def test_only_the_gap_is_excluded() -> None:
    taken = 0
    with page() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        into, out = process.stdin, process.stdout

        def check(update: bytes) -> None:
            nonlocal taken
            line = _line(_HEAD + update)
            into.write(line + b"\n")
            into.flush()
            answer = by_python(line)
            assert json.loads(out.readline()) == answer
            if answer != "refused":
                taken += 1
                _hold(update, answer)

        check(_UPDATE)
        assert taken == 1
        for case in _CASES["refused"]:
            check(_UPDATE[: case["from"]] + bytes.fromhex(case["put"]) + _UPDATE[case["to"] :])
        fuzz("pdf_gap", _updates(), check, examples=400)
        into.close()
    assert taken > 10
