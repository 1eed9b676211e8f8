"""The transparency log for anyone (C2SP tlog-tiles): a signed checkpoint, hash tiles, entry bundles.

All but the checkpoint never changes under its address, and may be cached for ever.
"""

from typing import Annotated, Any, Final

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.pki.errors import LogFormError
from mshield.pki.tlog.tiles import MAX_LEVEL, Tile, parse_position
from mshield.services.log.read import read_bundle, read_cosigned, read_last_cosigned, read_tile
from mshield.web.context import context_of
from mshield.web.openapi import problems
from mshield.web.query import Query
from mshield.web.router import Router

router: Final = Router("publication", prefix="/log", also_head=True)

_OCTETS: Final = "application/octet-stream"
_FRESH: Final = {"Cache-Control": "public, max-age=1"}
_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_LEVELS: Final = frozenset(str(level) for level in range(MAX_LEVEL + 1))


class _Which(Query, frozen=True):
    cosigned: Annotated[bool, Meta(description="the last one that a witness cosigned, if any was")] = False


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
    summary="Signed checkpoint of the log",
    operation_id="getLogCheckpoint",
    answers=_NOTE,
)
async def checkpoint(request: Request, query: _Which) -> Response:
    """How the log stands: name, number of entries and Merkle root, signed (C2SP tlog-checkpoint).

    Witnesses that cosigned this very checkpoint have their lines under it. They are asked every half minute, so of a
    busy log the last one has none yet: `cosigned=true` gives the last one that has.
    """
    log = context_of(request).log
    note = await read_last_cosigned(log) if query.cosigned else None
    note = note or await read_cosigned(log)
    return Response(note.encode(), headers=_FRESH, media_type="text/plain")


@router.get(
    "/witnesses",
    summary="Witnesses of the log",
    operation_id="listLogWitnesses",
    answers=_documented("A vkey in each line", {"type": "string"}, "text/plain"),
)
async def witnesses(request: Request) -> Response:
    """Keys of the witnesses that are asked to cosign checkpoints. Ask a witness itself whether the key is its own."""
    places = context_of(request).settings.witness_places
    return Response("".join(f"{place.key}\n" for place in places), headers=_FRESH, media_type="text/plain")


@router.get(
    "/tile/entries/{place:path}",
    summary="Entries of the log",
    operation_id="getLogEntries",
    answers=_BUNDLE,
)
async def entries(request: Request, place: str) -> Response:
    """The entry bundle at `place`: `x001/234` for the 1234th, with `.p/WIDTH` where it is partial."""
    number, width = _place(place)
    return _answer(await read_bundle(context_of(request).log, number=number, width=width))


@router.get(
    "/tile/{level}/{place:path}",
    summary="Hashes of the log",
    operation_id="getLogTile",
    answers=_TILE,
)
async def tile(request: Request, level: str, place: str) -> Response:
    """The tile of `level` at `place`: `x001/234` for the 1234th, with `.p/WIDTH` where it is partial."""
    if level not in _LEVELS:
        raise errors.NotFound
    number, width = _place(place)
    return _answer(await read_tile(context_of(request).log, Tile(int(level), number, width)))


def _place(text: str) -> tuple[int, int]:
    try:
        number, width = parse_position(text)
    except LogFormError as error:
        raise errors.NotFound from error
    return number, width


def _answer(octets: bytes | None) -> Response:
    if octets is None:
        raise errors.NotFound
    return Response(octets, headers=_FOR_EVER, media_type=_OCTETS)
