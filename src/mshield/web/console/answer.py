"""What the console's operations have in common: their answers, and the texts that they take."""

from typing import Annotated, Final

import msgspec
from starlette.responses import Response

NO_STORE: Final = {"Cache-Control": "no-store"}

Text64 = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Text256 = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Address = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Addresses = Annotated[tuple[Address, ...], msgspec.Meta(max_length=20)]


def answer(message: msgspec.Struct, status: int = 200) -> Response:
    """A message that no cache keeps."""
    return Response(msgspec.json.encode(message), status, NO_STORE, media_type="application/json")


def download(content: bytes, media_type: str, name: str) -> Response:
    """A file."""
    headers = NO_STORE | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, media_type=media_type)
