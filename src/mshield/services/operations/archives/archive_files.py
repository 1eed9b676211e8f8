"""A month in a file: gzip of JSON Lines, beside it a manifest with its digest (docs/retention.md#archives).

The first line says what it is, the last how much it was. Between them stands a line for each request with all rows that
belong to it, and before the first of them that needs it, one for a certificate. Octets are `{"b64": …}`.
"""

import base64
import gzip
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from mshield.store.requests.archiving import Whole, WholeDocument

TYPE: Final = "mshield-archive/v1"
MANIFEST_TYPE: Final = "mshield-archive-manifest/v1"
_LONGEST_LINE: Final = 1 << 28
_BLOCK: Final = 1 << 20


class ArchiveError(Exception):
    """An archive can't be written, or isn't as it was written; `code` says why, in words too."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        zh, en = _TEXTS[code]
        self.zh, self.en = (f"{zh}：{detail}", f"{en}: {detail}") if detail else (zh, en)
        super().__init__(self.en)


_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "archive_too_young": (
        "这个月的请求还没有过个人信息的保存期限，不能归档",
        "the personal data of this month's requests are not over yet, so it can't be archived",
    ),
    "archive_contents_left": (
        "还有未删除的文件内容，请先让任务 retention 运行完",
        "some contents aren't erased yet: let the job `retention` go on first",
    ),
    "archive_not_logged": (
        "有签名还没有写入透明日志，不能归档",
        "a signature isn't in the transparency log yet, so its month can't be archived",
    ),
    "archive_exists": ("这个月已经归档过", "this month was archived before"),
    "archive_empty": ("这个月没有可归档的签名", "there is nothing to archive of this month"),
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


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What belongs to a file: its digest and its places' (SHA-256, hex), the log's key and checkpoint of then."""

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

    def encode(self) -> bytes:
        """The manifest's file."""
        return msgspec.json.format(msgspec.json.encode(self)) + b"\n"

    @property
    def digest(self) -> str:
        """SHA-256 of its file, hex."""
        return hashlib.sha256(self.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Line:
    """One of the two kinds that stand between the first line and the last."""

    certificate: Mapping[str, Any] | None = None
    whole: Whole | None = None


class ArchiveWriter:
    """Writes a file under a name of its own, and gives it its right one once it is whole."""

    def __init__(self, file: Path, *, kind: str, month: str) -> None:
        self._file, self._partial = file, file.with_suffix(".partial")
        self._raw = self._partial.open("wb")
        self._gzip = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, compresslevel=6, mtime=0)
        self._serials: set[str] = set()
        self.requests = 0
        self.places: list[int] = []
        self._put({"type": TYPE, "kind": kind, "month": month})

    def certificate(self, row: Mapping[str, Any]) -> None:
        """A certificate, once."""
        if row["serial"] not in self._serials:
            self._serials.add(row["serial"])
            self._put({"certificate": _told(row)})

    def request(self, whole: Whole) -> None:
        """A request. Raises ArchiveError where one of its signatures isn't in the log."""
        for document in whole.documents:
            if document.signature is not None:
                if document.signature["log_index"] is None:
                    raise ArchiveError("archive_not_logged", str(whole.request["id"]))
                self.places.append(document.signature["log_index"])
        self.requests += 1
        documents = [
            {
                "task": _told(document.task),
                "signature": None if document.signature is None else _told(document.signature),
                "time_stamps": [_told(stamp) for stamp in document.time_stamps],
            }
            for document in whole.documents
        ]
        self._put({"request": _told(whole.request), "documents": documents})

    def end(self) -> None:
        """All of it is on the disk when this returns."""
        self._put({"end": {"requests": self.requests, "signatures": len(self.places)}})
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

    def _put(self, value: object) -> None:
        self._gzip.write(msgspec.json.encode(value) + b"\n")


def read_archive(file: Path) -> Iterator[Line]:
    """Its lines in their order. Raises ArchiveError for a file that isn't whole or of another form."""
    try:
        with gzip.open(file, "rb") as lines:
            head = json.loads(lines.readline(_LONGEST_LINE))
            if head.get("type") != TYPE:
                raise ArchiveError("archive_changed", file.name)
            requests = signatures = 0
            while True:
                value = json.loads(lines.readline(_LONGEST_LINE))
                if "end" in value:
                    break
                if "certificate" in value:
                    yield Line(certificate=_kept(value["certificate"]))
                    continue
                whole = _whole(value)
                requests += 1
                signatures += sum([document.signature is not None for document in whole.documents])
                yield Line(whole=whole)
            if value["end"] != {"requests": requests, "signatures": signatures} or lines.read(1):
                raise ArchiveError("archive_changed", file.name)
    except (OSError, EOFError, ValueError, KeyError, AttributeError, TypeError) as error:
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


def _told(row: Mapping[str, Any]) -> dict[str, object]:
    return {
        name: {"b64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
        for name, value in row.items()
    }


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: base64.b64decode(value["b64"], validate=True) if isinstance(value, dict) else value
        for name, value in row.items()
    }


def _whole(value: Mapping[str, Any]) -> Whole:
    return Whole(
        _kept(value["request"]),
        tuple(
            [
                WholeDocument(
                    _kept(document["task"]),
                    None if document["signature"] is None else _kept(document["signature"]),
                    tuple([_kept(stamp) for stamp in document["time_stamps"]]),
                )
                for document in value["documents"]
            ]
        ),
    )
