"""Incoming files and texts: a filing list, an evidence bundle, a log entry, a scanned code.

Each is read or refused with its reader's own error, within bounds of work and memory.
"""

import contextlib
import gzip
import io
import json
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from hypothesis import strategies as st
from PIL import Image

from mshield.pki.errors import EvidenceError, LogError, PkiError
from mshield.pki.signatures.evidence import parse_evidence
from mshield.pki.tlog.entry import ViewEntry, parse_entry
from mshield.pki.tlog.note import VerifierKey
from mshield.server.content import image
from mshield.server.content.pdf import REFUSALS, limit_qpdf
from mshield.server.content.pdf import refusal_of as refusal_of_pdf
from mshield.server.errors import DomainError
from mshield.server.filing.external.files import MAX_CELL, FilingFileError, read_filing
from mshield.server.filing.rules import COLUMNS, FilingRow
from mshield.server.retention.archive.files import ArchiveError
from mshield.server.retention.archive.offline_proofs import act_alone, bundle_alone, check_alone
from mshield.wire.qr import QrCode, qr_text, read_qr
from tests.fuzz import mutations
from tests.fuzz.running import fuzz, reading
from tests.fuzz.seeds import seeds
from tests.support.pdfs import contract, pdf, stream, written

_EXAMPLES: Final = Path(__file__).parents[2] / "examples"
_CSV: Final = (_EXAMPLES / "filing.csv").read_bytes()
_XLSX: Final = (_EXAMPLES / "filing.xlsx").read_bytes()
_ORIGIN: Final = "https://shield.example"


# ---- filing lists ----


def _parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(_XLSX)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@st.composite
def _workbooks(draw: st.DrawFn) -> bytes:
    """Draws the workbook with a part changed, dropped, or in another's place; or with its bytes changed."""
    if draw(st.integers(0, 3)) == 0:
        return draw(mutations.changed([_XLSX]))
    parts = _parts()
    name = draw(st.sampled_from(sorted(parts)))
    match draw(st.integers(0, 4)):
        case 0:
            del parts[name]
        case 1:
            parts[draw(st.sampled_from(sorted(parts)))] = parts[name]
        case _:
            parts[name] = draw(_xml(parts[name]))
    return _zipped(parts)


def _zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def _each_part() -> Iterator[bytes]:
    """Yields the workbook with each part in turn missing, and truncated."""
    parts = _parts()
    for name, content in parts.items():
        yield _zipped({other: kept for other, kept in parts.items() if other != name})
        yield _zipped(parts | {name: content[: len(content) // 2]})


@st.composite
def _xml(draw: st.DrawFn, text: bytes) -> bytes:
    """Draws XML with an element dropped, doubled or nested, or an extreme number; or with its bytes changed."""
    tags = list(re.finditer(rb"<[^>]+>", text))
    numbers = list(re.finditer(rb"\d+", text))
    match draw(st.integers(0, 4)):
        case 0 if numbers:
            at = draw(st.sampled_from(numbers))
            other = draw(st.sampled_from((b"", b"-1", b"1e999", b"9" * 30, b"9" * 5000, b"nan", b"=1")))
            return text[: at.start()] + other + text[at.end() :]
        case 1 | 2 if tags:
            tag = draw(st.sampled_from(tags))
            return text[: tag.start()] + tag[0] * draw(st.sampled_from((0, 2, 2000))) + text[tag.end() :]
        case _:
            return draw(mutations.changed([text]))


@pytest.mark.parametrize(
    ("kind", "each", "inputs", "examples"),
    [
        ("xlsx", list(_each_part()), _workbooks(), 10),
        ("csv", [_CSV + b'"', _CSV + b'"x"y'], mutations.changed([_CSV]), 200),
    ],
    ids=["xlsx", "csv"],
)
def test_any_filing_list_is_read_or_refused(
    kind: str, each: list[bytes], inputs: st.SearchStrategy[bytes], examples: int
) -> None:
    def parse(data: bytes) -> list[FilingRow]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl's warnings about ignored parts
            return read_filing(data, f"list.{kind}")

    def check(data: bytes) -> None:
        bounds = {"calls": 400_000, "octets": 16 << 20, "per_octet": 400}
        rows = reading(parse, data, FilingFileError, **bounds)
        for row in rows or ():
            texts = [getattr(row, name) or "" for name in COLUMNS]
            assert all(isinstance(text, str) and len(text) <= MAX_CELL for text in texts)

    for data in each:
        check(data)
    fuzz(kind, inputs, check, examples=examples)


# ---- PDF and images ----


def test_any_pdf_is_accepted_or_refused() -> None:
    """Every input is accepted or refused with a reason."""
    limit_qpdf()
    look = b"/Names << /A [(a) 4 0 R] >> /OpenAction [4 0 R /Fit]"
    good = [pdf(root=look), contract(2), written({90: stream(b"x")}, onto=pdf())]

    def check(data: bytes) -> None:
        assert refusal_of_pdf(data) in {None, *REFUSALS}

    fuzz("pdf", mutations.changed(good), check)


def test_any_image_is_accepted_or_refused() -> None:
    good = []
    for kind in ("PNG", "JPEG"):
        file = io.BytesIO()
        Image.new("RGB", (9, 7), "white").save(file, kind)
        good.append(file.getvalue())

    def check(data: bytes) -> None:
        for kind in get_args(image.Kind):
            assert image.refusal_of(data, kind) in {None, *get_args(image.Refusal)}

    fuzz("images", mutations.changed(good), check)


# ---- JSON, entries, codes ----


def test_any_evidence_is_read_or_refused() -> None:
    def check(data: bytes) -> None:
        bundle = reading(parse_evidence, data, EvidenceError, per_octet=100)
        if bundle is not None:
            assert parse_evidence(bundle.encode()) == bundle
            assert json.loads(bundle.encode()) == json.loads(data)

    fuzz("evidence", mutations.json_text(seeds("evidence")), check)


def test_any_archive_is_read_or_refused(tmp_path: Path) -> None:
    """An archive is read without the service, so its content can't be trusted."""
    file = tmp_path / "archive.jsonl.gz"
    signatures, acts = map(json.loads, seeds("archive"))
    request = next(line["request"]["id"] for line in signatures if "request" in line)
    act = next(line["act"]["row"]["id"] for line in acts if "act" in line)
    (log_key,) = (VerifierKey.parse(line["log"]["key"]) for line in signatures if "log" in line)

    def check(data: bytes) -> None:
        try:
            lines = json.loads(data)
        except (ValueError, RecursionError):
            lines = None
        plain = [json.dumps(line).encode() for line in lines] if isinstance(lines, list) else [data]
        file.write_bytes(gzip.compress(b"".join(line + b"\n" for line in plain), 1))
        for read in (
            lambda: bundle_alone(file, request, 1).encode(),
            lambda: act_alone(file, act).check(log_key),
            lambda: check_alone(file, log_key),
        ):
            with contextlib.suppress(ArchiveError, LogError, DomainError):
                read()

    for data in (json.dumps(one).encode() for one in (signatures, acts)):
        check(data)
    assert (
        check_alone(file, VerifierKey.parse(next(line["log"]["key"] for line in acts if "log" in line))).rows
        == 2
    )
    fuzz("archives", mutations.json_text(seeds("archive")), check)


def test_any_log_entry_is_read_or_refused() -> None:
    entries = [parse_evidence(each).log.entry for each in seeds("evidence")]
    view = ViewEntry(
        at=5,
        client_id="bs-1",
        view_id="a/b",
        version=2,
        digest=b"d" * 32,
        asked_by=b"q" * 32,
        approved_by=b"p" * 32,
        row=b"r" * 32,
    )
    entries.append(view.encode())

    def check(data: bytes) -> None:
        entry: Any = reading(parse_entry, data, PkiError)
        if entry is not None:
            assert entry.encode() == data

    fuzz("entries", mutations.changed(entries), check)


def test_any_scanned_code_is_read_or_refused() -> None:
    right = qr_text(_ORIGIN, "019ab5f0-6c1e-7d52-9c0b-0f6f0f1d8c11", b"s", 12)

    def read(data: bytes) -> QrCode | None:
        return read_qr(data.decode("utf-8", "surrogateescape"))

    def check(data: bytes) -> None:
        code = reading(read, data)
        if code is not None:
            told = f"/q/{code.request_id}?t={code.elapsed}&c={code.code}"
            assert data.endswith(told.encode())

    fuzz("codes", mutations.changed([right.encode()]), check)
