"""Base classes of the JSON messages that the service and its Python clients share.

Each message is defined once, in the module of its audience, and keeps its name in the OpenAPI document.
"""

from typing import Annotated

import msgspec


def _hex(length: int) -> msgspec.Meta:
    # \Z, because $ also matches before a final newline.
    return msgspec.Meta(
        pattern=rf"^[0-9a-f]{{{2 * length}}}\Z",
        description=f"{length} bytes, lower-case hex",
    )


Hex16 = Annotated[str, _hex(16)]
Hex32 = Annotated[str, _hex(32)]
Hex65 = Annotated[str, _hex(65)]
Epoch = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]


class RequestMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message to the service, which refuses unknown fields."""


class ProtocolWire(RequestMessage, frozen=True):
    """A message of the co-signing protocol, in either direction: strict, with errors defined by the protocol."""


class AnswerMessage(msgspec.Struct, frozen=True):
    """A message from the service; clients ignore fields that a newer service adds."""


class SecretAnswerMessage(AnswerMessage, frozen=True):
    """A message from the service with secrets, which its representation in logs and errors leaves out."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
