"""The built front end: its files, held in memory since start, and the addresses that pages link them by.

A name under /assets/ holds a hash of its content and never changes; /mshield.js keeps its name and is asked for anew.
"""

import gzip
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.web.cached import cached, tag_of
from mshield.web.router import page_route

FOLDER: Final = Path(__file__).parents[1] / "static"
COMPONENT: Final = "/mshield.js"
_MANIFEST: Final = "pages.json"
FOR_EVER: Final = "public, max-age=31536000, immutable"
_SHORT: Final = "public, max-age=300"
# Pages of business systems include them, on whatever origin and however isolated these are.
_ANY_PAGE: Final = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_PACKED_ALREADY: Final = frozenset({".bcmap", ".pfb", ".png", ".woff2"})
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is answered; `packed` is None where packing gains nothing."""

    body: bytes
    packed: bytes | None
    media_type: str
    cache: str
    tag: str
    packed_tag: str

    @classmethod
    def read(cls, file: Path, keep: str) -> "Asset":
        """The file; `keep` is its Cache-Control."""
        body = file.read_bytes()
        packed = None if file.suffix in _PACKED_ALREADY else gzip.compress(body, mtime=0)
        kind = _TYPES.get(file.suffix, "application/octet-stream")
        return cls(body, packed, kind, keep, tag_of(body), tag_of(packed or body))

    def answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        """The file as this caller takes it, or 304."""
        headers = {"Cache-Control": self.cache, "Vary": "Accept-Encoding", **headers}
        if self.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            headers = {**headers, "Content-Encoding": "gzip"}
            return cached(request, self.packed, self.media_type, headers, tag=self.packed_tag)
        return cached(request, self.body, self.media_type, headers, tag=self.tag)


@dataclass(frozen=True, slots=True)
class Assets:
    """The built files by their path, and what the manifest calls them."""

    by_path: Mapping[str, Asset] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def address(self, source: str) -> str:
        """Where the file made from this source stands. Raises NotBuilt."""
        try:
            return self.names[source]
        except KeyError:
            raise errors.NotBuilt from None

    def text(self, source: str) -> str:
        """That file's text. Raises NotBuilt."""
        return self.by_path[self.address(source)].body.decode()


def load(folder: Path = FOLDER) -> Assets:
    """The files of the build; empty where there was no build."""
    if not (folder / _MANIFEST).is_file():
        _log.warning("the front end is not built: there are no pages")
        return Assets()
    by_path = {f"/assets/{file.name}": Asset.read(file, FOR_EVER) for file in (folder / "assets").iterdir()}
    by_path[COMPONENT] = Asset.read(folder / COMPONENT.lstrip("/"), _SHORT)
    manifest = json.loads((folder / _MANIFEST).read_bytes())
    return Assets(by_path, {source: f"/{entry['file']}" for source, entry in manifest.items()})


@cache
def assets() -> Assets:
    """The files of this installation, read once."""
    return load()


async def answer(request: Request) -> Response:
    """One file of the build. Raises NotFound."""
    asset = assets().by_path.get(request.url.path)
    if asset is None:
        raise errors.NotFound
    return asset.answer(request, _ANY_PAGE)


ROUTES: Final = (page_route(COMPONENT, answer), page_route("/assets/{name}", answer))
"""Not part of the API: they stay out of its document."""
