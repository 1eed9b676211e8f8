"""The two readers of foreign formats agree on faulty certificates, lists, OCSP, P7, content and time stamps.

Some kinds are also read by themselves. Node runs as one process for all cases, which it gets line by line.
"""

import base64
import json
from itertools import product
from pathlib import Path
from typing import Final

import pytest
from hypothesis import strategies as st

from mshield.pki.asn1 import der
from mshield.pki.selftest import KINDS
from tests.fuzz import mutations
from tests.fuzz.format_readers import READ, Case, b64, by_python, page
from tests.fuzz.running import fuzz

pytestmark = pytest.mark.slow

_ROOT: Final = Path(__file__).parents[2]
_FOLDER: Final = _ROOT / "vectors" / "formats"
_INDEX: Final = json.loads((_FOLDER / "index.json").read_bytes())
_AT: Final = 1_786_752_000_000
"""2026-08-15, the time of the vectors, in ms."""

_RICH: Final = (
    "certificate/ku-trailing-zero-bits.cer",
    "certificate/crldp-dirname.cer",
    "crl/entry-invalidity-date.crl",
    "ocsp/by-ca.der",
    "p7/gb-attrs-time.p7s",
    "tsp/sm2-gm-type.tsr",
)
"""Files of which each byte in turn is changed."""

_BATCH: Final = 50
"""Lines sent to the other process at once; their answers must fit into a pipe."""

_CASES: Final = [case for case in _INDEX["vectors"] if case["kind"] in KINDS]


def _octets(file: str) -> bytes:
    return (_FOLDER / file).read_bytes()


_STANDS_ALONE: Final = ("certificate", "crl", "ocsp", "tsp")
"""Kinds that are also verified by themselves."""

_BESIDE: Final[tuple[Case, ...]] = (
    {"roots": ["ca/root.cer", "ca/p-root.cer"], "others": ["ca/issuing.cer"], "data": ["content.bin"]},
    {"roots": ["ca/root.cer"], "others": ["ca/issuing.cer"], "ocsp": ["ocsp/good.der"], "strict": True},
    {"roots": [], "others": ["ca/issuing.cer"], "crls": ["crl/plain.crl"]},
    {"roots": ["ca/root.cer"], "others": [], "crls": ["crl/empty.crl"], "data": ["ca/root.cer"]},
)
"""Files that a case is verified with."""

_TEXTS: Final = [
    piece.encode()
    for piece in (
        *(
            "<ds:SignedInfo>",
            " ",
            "\ufeff",
            "\n",
            "\r",
            "=",
            "A" * 43,
            "0" * 64,
            "mshield-login/v1",
            "TLS 1.3",
        ),
        *(" " * 64, "-----BEGIN CMS-----", "-----END CMS-----", "-----END PKCS7-----", '{"type":', '"', "}"),
    )
] + [
    b"\x30\x80",
    b"\x30\x82\x01\x00",
    b"\x24\x80",
    b"\x00\x00",
    b"\x02\x01\x00\x30",
    b"\x31\x81\x20\x30\x08\x06",
]


_XML: Final = {"xml", "canonical"}
_PIECES: Final = [
    piece.encode()
    for piece in (
        *(
            "",
            " ",
            "\n",
            "\r\n",
            "\t",
            "<a/>",
            "<a></a>",
            "<!--c-->",
            "<?p d?>",
            "<?p?>",
            "<![CDATA[x]]>",
            "]]>",
        ),
        *(
            "&amp;",
            "&#13;",
            "&#xD;",
            "&gt;",
            "&x;",
            ' xmlns="u:1"',
            ' xmlns:p="u:2"',
            ' xmlns=""',
            ' p:b="1"',
        ),
        *(
            ' xml:lang="zh"',
            ' b="1"',
            " b='1'",
            "\U00010000",
            "ﬀ",
            "<ds:Signature/>",
            'Id="x"',
            "</",
            ">",
            "ds:",
        ),
        *("2022", "#sm3", "#sha1", "=", "MS", "0"),
    )
]
"""Pieces inserted into XML."""


@st.composite
def _wrapped(draw: st.DrawFn, data: bytes) -> bytes:
    """Draws a file in another form: base64, PEM, its wrapper in BER, its bytes in pieces."""
    match draw(st.integers(0, 4)):
        case 0:
            return base64.encodebytes(data)
        case 1:
            label = draw(
                st.sampled_from(("CMS", "PKCS7", "PKCS #7 SIGNED DATA", "CERTIFICATE", "TIMESTAMP TOKEN"))
            )
            return f"-----BEGIN {label}-----\n{base64.b64encode(data).decode()}\n-----END {label}-----\n".encode()
        case 2:
            return _indefinite(data, draw(st.integers(1, 4)))
        case _:
            return data


def _indefinite(data: bytes, levels: int) -> bytes:
    """Returns the value with indefinite lengths in the outer levels."""
    if not levels or len(data) < 2 or not data[0] & 0x20:
        return data
    length = data[1]
    start = 2 + (length & 0x7F if length & 0x80 else 0)
    inside, at = b"", start
    while at < len(data):
        one = data[at + 1] if at + 1 < len(data) else 0
        head = 2 + (one & 0x7F if one & 0x80 else 0)
        size = int.from_bytes(data[at + 2 : at + head], "big") if one & 0x80 else one
        end = min(at + head + size, len(data))
        inside += _indefinite(data[at:end], levels - 1)
        at = end
    return data[:1] + b"\x80" + inside + b"\x00\x00"


@st.composite
def _changed(draw: st.DrawFn) -> bytes:
    case = draw(st.sampled_from(_CASES))
    octets = _octets(case["file"])
    if case["kind"] == "raw":
        pieces = draw(st.lists(st.sampled_from([octets, *_TEXTS]), max_size=4))
        octets = b"".join(pieces) if pieces else draw(mutations.changed_bytes(octets))
    elif case["kind"] in _XML:
        for _ in range(draw(st.integers(1, 3))):
            at = draw(st.integers(0, len(octets)))
            cut = draw(st.sampled_from((0, 0, 1, 5)))
            octets = octets[:at] + draw(st.sampled_from(_PIECES)) + octets[at + cut :]
    elif case["kind"] == "pdf":
        octets = draw(mutations.changed_bytes(octets))
    else:
        if draw(st.integers(0, 5)):
            octets = draw(mutations.der([octets]))
        octets = draw(_wrapped(octets)) if case["kind"] in {"p7", "tsp"} else octets
        if not draw(st.integers(0, 9)):
            octets = draw(mutations.changed_bytes(octets))
    return _line(draw(_asked(case)), octets)


@st.composite
def _asked(draw: st.DrawFn, case: Case) -> Case:
    """Draws the request about a file: a verdict as a vector or by itself, or its parsed content."""
    kind = case["kind"]
    how = draw(st.integers(0, 4)) if kind in READ else 0
    if kind in _STANDS_ALONE and how == 1:
        return {"kind": "alone", "as": kind, "file": "it"} | draw(st.sampled_from(_BESIDE))
    if kind in _STANDS_ALONE and how == 2:
        other = "tsa" if kind == "certificate" else "shape"
        return {"kind": "read", "as": draw(st.sampled_from((kind, "shape", other))), "file": "it"}
    return {"kind": "read", "as": kind, "file": "it"} if how else case | {"file": "it"}


def _line(case: Case, octets: bytes) -> bytes:
    names = [
        *(case.get(name) for name in ("issuer", "certificate", "content")),
        *([case["data"]] if isinstance(case.get("data"), str) else case.get("data", ())),
        *(one for name in ("roots", "others", "crls", "ocsp") for one in case.get(name, ())),
    ]
    files = {name: b64(_octets(name)) for name in names if name is not None} | {"it": b64(octets)}
    return json.dumps({"listed": case, "files": files, "at": _AT}).encode()


def _each_octet(file: str) -> list[bytes]:
    octets, case = _octets(file), {"kind": "read", "as": file.partition("/")[0], "file": "it"}
    return [
        _line(case, octets[:at] + bytes((octets[at] ^ bit,)) + octets[at + 1 :])
        for at, bit in product(range(len(octets)), (0x01, 0x80))
    ]


def test_both_readers_of_foreign_formats_agree() -> None:
    with page() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        into, out = process.stdin, process.stdout

        def compared(*lines: bytes) -> None:
            into.write(b"".join(line + b"\n" for line in lines))
            into.flush()
            for line in lines:
                assert json.loads(out.readline()) == by_python(line)

        for case in _CASES:
            octets = _octets(case["file"])
            compared(_line(case | {"file": "it"}, octets))
            if case["kind"] in READ:
                compared(_line({"kind": "read", "as": case["kind"], "file": "it"}, octets))
            if case["kind"] in _STANDS_ALONE:
                compared(
                    *(
                        _line({"kind": "alone", "as": case["kind"], "file": "it"} | one, octets)
                        for one in _BESIDE
                    )
                )
                compared(_line({"kind": "read", "as": "shape", "file": "it"}, octets))
            if case["kind"] == "certificate":
                compared(_line({"kind": "read", "as": "tsa", "file": "it"}, octets))
        for file in _RICH:
            lines = _each_octet(file)
            for at in range(0, len(lines), _BATCH):
                compared(*lines[at : at + _BATCH])
        fuzz("formats", _changed(), compared, examples=250)
        into.close()


def test_the_wrapper_may_be_of_indefinite_length() -> None:
    """So the fuzzer's own change is one that both readers accept."""
    good = _octets("p7/gb-301-1.p7s")
    assert good[0] == der.SEQUENCE
    assert READ["p7"](_indefinite(good, 3)) == READ["p7"](good)
