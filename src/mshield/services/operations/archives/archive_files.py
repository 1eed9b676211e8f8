"""A month in a file: gzip of JSON Lines, beside it a manifest with its digest (docs/retention.md#archives).

The first line says what it is, the last how much it was. Between them stands a line for each request with all rows that
belong to it, or for each act, or for each certificate with its events; before the first that needs it, one for a
certificate, its authority or a view; behind them what proves them, the log's checkpoint and tiles. v1 has neither
authorities nor views nor proofs, and no acts or events. Octets are `{"b64": …}`.
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

from mshield.store.requests.archiving import Whole, WholeDocument

TYPE: Final = "mshield-archive/v2"
_FIRST_TYPE: Final = "mshield-archive/v1"
MANIFEST_TYPE: Final = "mshield-archive-manifest/v1"
_LONGEST_LINE: Final = 1 << 28
_BLOCK: Final = 1 << 20
_NO_FILE: Final = (OSError, EOFError, zlib.error)
NO_FORM: Final = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError, RecursionError)
"""What reading raises of a file that has values of other types, or not those that it should."""


class ArchiveError(Exception):
    """An archive can't be written, or isn't as it was written; `code` says why, in words too."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        zh, en = _TEXTS[code]
        self.zh, self.en = (f"{zh}：{detail}", f"{en}: {detail}") if detail else (zh, en)
        super().__init__(self.en)


_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "archive_too_young": (
        "这个月还没有过保存在数据库中的期限，不能归档",
        "this month has to stay in the database for longer, so it can't be archived yet",
    ),
    "archive_contents_left": (
        "还有未删除的文件内容，请先让任务 retention 运行完",
        "some contents aren't erased yet: let the job `retention` go on first",
    ),
    "archive_not_proven": (
        "这个归档文件里没有证明，要在服务所在处核对",
        "this archive has no proofs in it: check it at the service",
    ),
    "archive_not_logged": (
        "有记录还没有写入透明日志，不能归档",
        "a row isn't in the transparency log yet, so its month can't be archived",
    ),
    "archive_exists": ("这个月已经归档过", "this month was archived before"),
    "archive_empty": ("这个月没有可归档的记录", "there is nothing to archive of this month"),
    "archive_kept": (
        "这个月的证书失效后还没有过保存期限，不能删除",
        "the years after the end of this month's certificates are not over, so it can't be erased",
    ),
    "archive_unknown": ("没有这个归档", "there is no such archive"),
    "archive_changed": ("归档文件与写入时不同", "the archive is not as it was written"),
    "archive_row_changed": (
        "归档中的一行与透明日志不符",
        "a row of the archive is not the one that was logged",
    ),
}


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What belongs to a file: its digest and its places' (SHA-256, hex), the log's key and checkpoint of then.

    `rows` are acts or events, of which other kinds have none.
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
        """The manifest's file."""
        return msgspec.json.format(msgspec.json.encode(self)) + b"\n"

    @property
    def digest(self) -> str:
        """SHA-256 of its file, hex."""
        return hashlib.sha256(self.encode()).hexdigest()


class ArchiveWriter:
    """Writes a file under a name of its own, and gives it its right one once it is whole.

    `places` are those in the log of all rows that were put in.
    """

    def __init__(self, file: Path, *, kind: str, month: str) -> None:
        self._file, self._partial = file, file.with_suffix(".partial")
        self._raw = self._partial.open("wb")
        self._gzip = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, compresslevel=6, mtime=0)
        self.requests = self.rows = 0
        self.places: list[int] = []
        self.put({"type": TYPE, "kind": kind, "month": month})

    def request(self, whole: Whole, proofs: Sequence[Mapping[str, Any] | None]) -> None:
        """A request, and what proves each of its documents; None of one that wasn't signed."""
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
        """A line of rows that stand at these places."""
        self.rows += len(places)
        self.places += places
        self.put({name: encoded(row)})

    def end(self) -> None:
        """All of it is on the disk when this returns."""
        self.put({"end": _end(self.requests, len(self.places), self.rows)})
        self._gzip.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._raw.close()
        self._partial.replace(self._file)

    def drop(self) -> None:
        """Takes the file back."""
        self._gzip.close()
        self._raw.close()
        self._partial.unlink(missing_ok=True)

    def put(self, value: object) -> None:
        """Any other line."""
        self._gzip.write(msgspec.json.encode(value) + b"\n")


@dataclass(frozen=True, slots=True)
class Line:
    """One that stands between the first and the last: its name, and what stands under it.

    `whole` is that of a request, `proofs` of each of its documents.
    """

    name: str
    values: Mapping[str, Any]
    whole: Whole | None = None
    proofs: tuple[Mapping[str, Any] | None, ...] = ()


def read_archive(file: Path) -> Iterator[Line]:
    """Its lines in their order. Raises ArchiveError for a file that isn't whole or of another form."""
    try:
        with gzip.open(file, "rb") as lines:
            head = json.loads(lines.readline(_LONGEST_LINE))
            if head.get("type") not in {TYPE, _FIRST_TYPE}:
                raise ArchiveError("archive_changed", file.name)
            yield Line("head", {"proven": head["type"] == TYPE, "kind": head["kind"], "month": head["month"]})
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
    """Raises ArchiveError."""
    try:
        content = file.read_bytes()
        manifest = msgspec.json.decode(content, type=Manifest)
    except (OSError, ValueError) as error:
        raise ArchiveError("archive_changed", f"{file.name}: {error}") from error
    if manifest.type != MANIFEST_TYPE or manifest.encode() != content:
        raise ArchiveError("archive_changed", file.name)
    return manifest


def digest_of(file: Path) -> str:
    """SHA-256 of a file, hex."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def encoded(row: Mapping[str, Any]) -> dict[str, object]:
    """A row as it stands in a file."""
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
    """How many rows of the log it has, where it isn't a request."""
    return 1 if line.name == "act" else len(line.values["events"]) if line.name == "events" else 0
