"""Archive file of a month: gzip of JSON Lines, with a manifest of its digest beside it (docs/retention.md#archives).

The first line states the file's type, the last one the numbers of rows. Between them is one line for each
request with all its rows, or for each act, or for each certificate with its events. Certificates, their
authorities and views have a line before the first line that needs them. The proofs are at the end: the log's
checkpoint and tiles. Bytes are encoded as `{"b64": …}`.
"""

import base64
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from mshield.server.retention.rows.archiving import Whole, WholeDocument

TYPE: Final = "mshield-archive/v2"
MANIFEST_TYPE: Final = "mshield-archive-manifest/v1"
_LONGEST_LINE: Final = 1 << 28
_BLOCK: Final = 1 << 20
_NO_FILE: Final = (OSError, EOFError, zlib.error)
NO_FORM: Final = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError, RecursionError)
"""Exceptions raised by reading a file with values of wrong types or missing fields."""


class ArchiveError(Exception):
    """Error: an archive can't be written or differs from what was written; `code` and texts say why."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        zh, en = _TEXTS[code]
        self.zh, self.en = (f"{zh}：{detail}", f"{en}: {detail}") if detail else (zh, en)
        super().__init__(self.en)


_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "archive_too_young": (
        "这个月还没有过保存在数据库中的期限，不能归档",
        "this month must stay in the database for longer and can't be archived yet",
    ),
    "archive_contents_left": (
        "还有未删除的文件内容，请先让任务 retention 运行完",
        "some contents aren't erased yet: wait for the job `retention` first",
    ),
    "archive_not_logged": (
        "有记录还没有写入透明日志，不能归档",
        "a row isn't in the transparency log yet, so its month can't be archived",
    ),
    "archive_exists": ("这个月已经归档过", "this month is already archived"),
    "archive_empty": ("这个月没有可归档的记录", "there is nothing to archive for this month"),
    "archive_kept": (
        "这个月的证书失效后还没有过保存期限，不能删除",
        "the retention period after the end of this month's certificates isn't over, so it can't be erased",
    ),
    "archive_unknown": ("没有这个归档", "there is no such archive"),
    "archive_changed": ("归档文件与写入时不同", "the archive differs from what was written"),
    "archive_row_changed": (
        "归档中的一行与透明日志不符",
        "a row of the archive differs from the logged one",
    ),
}


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Manifest of a file: SHA-256 (hex) of the file and of its log indexes; the log's key and checkpoint at the time.

    `rows` is the number of acts or events, 0 for signatures.
    """

    type: str
    kind: str
    month: str
    file: str
    sha256: str
    requests: int
    signatures: int
    places: str
    log_key: str
    checkpoint: str
    written_at: int
    rows: int = 0

    def encode(self) -> bytes:
        """Returns the content of the manifest file."""
        return msgspec.json.format(msgspec.json.encode(self)) + b"\n"

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the manifest file."""
        return hashlib.sha256(self.encode()).hexdigest()


class ArchiveWriter:
    """Writer of an archive file, under a temporary name until it is complete.

    `places` are the log indexes of all rows written.
    """

    def __init__(self, file: Path, *, kind: str, month: str) -> None:
        self._file, self._partial = file, file.with_suffix(".partial")
        self._raw = self._partial.open("wb")
        self._gzip = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, compresslevel=6, mtime=0)
        self.requests = self.rows = 0
        self.places: list[int] = []
        self.put({"type": TYPE, "kind": kind, "month": month})

    def request(self, whole: Whole, proofs: Sequence[Mapping[str, Any] | None]) -> None:
        """Writes a request with the proofs of its documents, None for a document that wasn't signed."""
        self.requests += 1
        self.places += [
            document.signature["log_index"] for document in whole.documents if document.signature is not None
        ]
        documents = [
            {
                "task": encoded(document.task),
                "signature": None if document.signature is None else encoded(document.signature),
                "time_stamps": [encoded(stamp) for stamp in document.time_stamps],
                "proof": None if proof is None else encoded(proof),
            }
            for document, proof in zip(whole.documents, proofs, strict=True)
        ]
        self.put({"request": encoded(whole.request), "documents": documents})

    def logged(self, name: str, row: Mapping[str, Any], *, places: Sequence[int]) -> None:
        """Writes one line of logged rows; `places` are their log indexes."""
        self.rows += len(places)
        self.places += places
        self.put({name: encoded(row)})

    def end(self) -> None:
        """Completes the file; it is synced to disk before this returns."""
        self.put({"end": _end(self.requests, len(self.places), self.rows)})
        self._gzip.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._raw.close()
        self._partial.replace(self._file)

    def drop(self) -> None:
        """Deletes the unfinished file."""
        self._gzip.close()
        self._raw.close()
        self._partial.unlink(missing_ok=True)

    def put(self, value: object) -> None:
        """Writes any other line."""
        self._gzip.write(msgspec.json.encode(value) + b"\n")


@dataclass(frozen=True, slots=True)
class Line:
    """Line between the first and the last: its name and values.

    For a request, `whole` holds its rows and `proofs` the proof of each document.
    """

    name: str
    values: Mapping[str, Any]
    whole: Whole | None = None
    proofs: tuple[Mapping[str, Any] | None, ...] = ()


def read_archive(file: Path) -> Iterator[Line]:
    """Yields the lines of a file in order. Raises: ArchiveError (incomplete, or of another format)."""
    try:
        with gzip.open(file, "rb") as lines:
            head = json.loads(lines.readline(_LONGEST_LINE))
            if head.get("type") != TYPE:
                raise ArchiveError("archive_changed", file.name)
            yield Line("head", {"kind": head["kind"], "month": head["month"]})
            requests = signatures = rows = 0
            while True:
                value = json.loads(lines.readline(_LONGEST_LINE))
                if "end" in value:
                    break
                line = _line(value)
                requests += line.whole is not None
                if line.whole is not None:
                    signatures += sum([document.signature is not None for document in line.whole.documents])
                rows += _rows_in(line)
                yield line
            if value["end"] != _end(requests, signatures + rows, rows) or lines.read(1):
                raise ArchiveError("archive_changed", file.name)
    except (*_NO_FILE, *NO_FORM) as error:
        raise ArchiveError("archive_changed", f"{file.name}: {error}") from error


def read_manifest(file: Path) -> Manifest:
    """Parses a manifest. Raises: ArchiveError."""
    try:
        content = file.read_bytes()
        manifest = msgspec.json.decode(content, type=Manifest)
    except (OSError, ValueError) as error:
        raise ArchiveError("archive_changed", f"{file.name}: {error}") from error
    if manifest.type != MANIFEST_TYPE or manifest.encode() != content:
        raise ArchiveError("archive_changed", file.name)
    return manifest


def digest_of(file: Path) -> str:
    """Returns the SHA-256 (hex) of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def encoded(row: Mapping[str, Any]) -> dict[str, object]:
    """Encodes a row for a file."""
    return {name: _encoded(value) for name, value in row.items()}


def _encoded(value: object) -> object:
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    if isinstance(value, list | tuple):
        return [_encoded(one) for one in value]
    return encoded(value) if isinstance(value, dict) else value


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"b64"}:
            return base64.b64decode(value["b64"], validate=True)
        return {name: _decoded(one) for name, one in value.items()}
    return [_decoded(one) for one in value] if isinstance(value, list) else value


def _line(value: Mapping[str, Any]) -> Line:
    if "request" in value:
        documents, request = value["documents"], _decoded(value["request"])
        return Line("request", request, _whole(request, documents), tuple(map(_proof, documents)))
    ((name, row),) = value.items()
    return Line(name, _decoded(row))


def _proof(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    proof: Mapping[str, Any] | None = _decoded(document.get("proof"))
    return proof


def _whole(request: Mapping[str, Any], documents: Sequence[Mapping[str, Any]]) -> Whole:
    return Whole(
        request,
        tuple(
            [
                WholeDocument(
                    _decoded(document["task"]),
                    _decoded(document["signature"]),
                    tuple(_decoded(document["time_stamps"])),
                )
                for document in documents
            ]
        ),
    )


def _end(requests: int, places: int, rows: int) -> dict[str, int]:
    return {"rows": rows} if rows else {"requests": requests, "signatures": places}


def _rows_in(line: Line) -> int:
    """Returns the number of logged rows in a line that isn't a request."""
    return 1 if line.name == "act" else len(line.values["events"]) if line.name == "events" else 0
