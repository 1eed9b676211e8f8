"""Public transparency log (C2SP tlog-tiles): a signed checkpoint, hash tiles, entry bundles.

Everything but the checkpoint never changes under its address, and may be cached permanently.
"""

from typing import Annotated, Any, Final

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from mshield.pki.errors import LogFormError
from mshield.pki.tlog.tiles import MAX_LEVEL, Tile, parse_position
from mshield.server.errors import NotFound
from mshield.server.http.caller import context_of
from mshield.server.http.openapi import problems
from mshield.server.http.query import Query
from mshield.server.http.router import Router
from mshield.server.log.read import read_bundle, read_cosigned, read_last_cosigned, read_tile

router: Final = Router("publication", prefix="/log", also_head=True)

_OCTETS: Final = "application/octet-stream"
_FRESH: Final = {"Cache-Control": "public, max-age=1"}
_IMMUTABLE: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_LEVELS: Final = frozenset(str(level) for level in range(MAX_LEVEL + 1))


class _Which(Query, frozen=True):
    cosigned: Annotated[
        bool, Meta(description="the latest checkpoint cosigned by a witness, if there is one")
    ] = False


def _documented(description: str, schema: dict[str, Any], media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": description, "content": {media_type: {"schema": schema}}}}


_NOTE: Final = _documented("The signed note", {"type": "string"}, "text/plain") | problems(503)
_BINARY: Final = {"type": "string", "format": "binary"}
_TILE: Final = _documented("The tile's hashes, 32 bytes each", _BINARY, _OCTETS) | problems(404, 503)
_BUNDLE: Final = _documented("Entries, each after its length in two bytes", _BINARY, _OCTETS) | problems(
    404, 503
)


@router.get(
    "/checkpoint",
    summary="Get the log's signed checkpoint",
    operation_id="getLogCheckpoint",
    answers=_NOTE,
)
async def checkpoint(request: Request, query: _Which) -> Response:
    """Returns the current state of the log: name, number of entries and Merkle root, signed (C2SP tlog-checkpoint).

    Lines of witnesses that cosigned exactly this checkpoint follow. Witnesses are asked every half minute, so
    the latest checkpoint of a busy log has none yet: `cosigned=true` returns the latest one that has.
    """
    log = context_of(request).log
    note = await read_last_cosigned(log) if query.cosigned else None
    note = note or await read_cosigned(log)
    return Response(note.encode(), headers=_FRESH, media_type="text/plain")


@router.get(
    "/witnesses",
    summary="List the log's witnesses",
    operation_id="listLogWitnesses",
    answers=_documented("A vkey in each line", {"type": "string"}, "text/plain"),
)
async def witnesses(request: Request) -> Response:
    """Keys of the witnesses asked to cosign checkpoints. Ask the witness itself whether the key is its own."""
    places = context_of(request).settings.log.witness_places
    return Response("".join(f"{place.key}\n" for place in places), headers=_FRESH, media_type="text/plain")


@router.get(
    "/tile/entries/{place:path}",
    summary="Get entries of the log",
    operation_id="getLogEntries",
    answers=_BUNDLE,
)
async def entries(request: Request, place: str) -> Response:
    """Returns the entry bundle at `place`: `x001/234` for the 1234th, with `.p/WIDTH` if it is partial."""
    number, width = _place(place)
    return _answer(await read_bundle(context_of(request).log, number=number, width=width))


@router.get(
    "/tile/{level}/{place:path}",
    summary="Get hashes of the log",
    operation_id="getLogTile",
    answers=_TILE,
)
async def tile(request: Request, level: str, place: str) -> Response:
    """Returns the tile of `level` at `place`: `x001/234` for the 1234th, with `.p/WIDTH` if it is partial."""
    if level not in _LEVELS:
        raise NotFound
    number, width = _place(place)
    return _answer(await read_tile(context_of(request).log, Tile(int(level), number, width)))


def _place(text: str) -> tuple[int, int]:
    try:
        number, width = parse_position(text)
    except LogFormError as error:
        raise NotFound from error
    return number, width


def _answer(octets: bytes | None) -> Response:
    if octets is None:
        raise NotFound
    return Response(octets, headers=_IMMUTABLE, media_type=_OCTETS)
