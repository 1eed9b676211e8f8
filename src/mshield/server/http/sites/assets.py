"""Files of the built front end, in memory from the start, and their addresses for links in pages.

A name under /assets/ contains a hash of its content and never changes; /mshield.js keeps its name and is
cached for five minutes.
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

from mshield.server.errors import NotBuilt, NotFound
from mshield.server.http.answers import cached, tag_of
from mshield.server.http.router import page_route

FOLDER: Final = Path(__file__).parents[1] / "static"
COMPONENT: Final = "/mshield.js"
_MANIFEST: Final = "pages.json"
IMMUTABLE: Final = "public, max-age=31536000, immutable"
_SHORT: Final = "public, max-age=300"
# Pages of business systems include these files, from any origin and under any isolation policy.
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
    """File with its headers; `packed` is its gzip form, None if its format is compressed already."""

    body: bytes
    packed: bytes | None
    media_type: str
    cache: str
    tag: str
    packed_tag: str

    @classmethod
    def read(cls, file: Path, keep: str) -> "Asset":
        """Reads a file; `keep` is its Cache-Control."""
        body = file.read_bytes()
        packed = None if file.suffix in _PACKED_ALREADY else gzip.compress(body, mtime=0)
        kind = _TYPES.get(file.suffix, "application/octet-stream")
        return cls(body, packed, kind, keep, tag_of(body), tag_of(packed or body))

    def answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        """Returns the file, gzipped if the caller accepts that, or 304."""
        headers = {"Cache-Control": self.cache, "Vary": "Accept-Encoding", **headers}
        if self.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            headers = {**headers, "Content-Encoding": "gzip"}
            return cached(request, self.packed, self.media_type, headers, tag=self.packed_tag)
        return cached(request, self.body, self.media_type, headers, tag=self.tag)


@dataclass(frozen=True, slots=True)
class Assets:
    """Built files by path, and their names in the manifest."""

    by_path: Mapping[str, Asset] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def address(self, source: str) -> str:
        """Returns the address of the file built from `source`. Raises: NotBuilt."""
        try:
            return self.names[source]
        except KeyError:
            raise NotBuilt from None

    def text(self, source: str) -> str:
        """Returns the text of the file built from `source`. Raises: NotBuilt."""
        return self.by_path[self.address(source)].body.decode()


def load(folder: Path = FOLDER) -> Assets:
    """Reads the files of the build; empty if there was no build."""
    if not (folder / _MANIFEST).is_file():
        _log.warning("the front end is not built: there are no pages")
        return Assets()
    by_path = {f"/assets/{file.name}": Asset.read(file, IMMUTABLE) for file in (folder / "assets").iterdir()}
    by_path[COMPONENT] = Asset.read(folder / COMPONENT.lstrip("/"), _SHORT)
    manifest = json.loads((folder / _MANIFEST).read_bytes())
    return Assets(by_path, {source: f"/{entry['file']}" for source, entry in manifest.items()})


@cache
def assets() -> Assets:
    """Returns the files of this installation, read once."""
    return load()


async def answer(request: Request) -> Response:
    """Serves a file of the build. Raises: NotFound."""
    asset = assets().by_path.get(request.url.path)
    if asset is None:
        raise NotFound
    return asset.answer(request, _ANY_PAGE)


ROUTES: Final = (page_route(COMPONENT, answer), page_route("/assets/{name}", answer))
"""Routes of files, not part of the API or its document."""
