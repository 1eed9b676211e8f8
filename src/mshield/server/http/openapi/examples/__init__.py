"""Data of the OpenAPI documents about each operation besides its schemas: example exchanges and error codes.

There is a JSON file per audience, keyed by operation id; `*` holds parameters that many operations share. A
file that would be too large is split into `AUDIENCE_PART.json`.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from mshield.server.http.audiences import AUDIENCES

_EVERY: Final = "*"


class Exchange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A call and its answer; `status` is given if it isn't the operation's lowest 2xx status.

    A string stands for a text body (a CSV list, a stream of events), anything else for JSON or form fields.
    """

    request: Any = msgspec.UNSET
    response: Any = msgspec.UNSET
    status: int | None = None
    parameters: dict[str, Any] = {}


class Example(Exchange, frozen=True, forbid_unknown_fields=True):
    """An operation's main exchange, further ones by name, and those error codes that don't follow from its form."""

    also: dict[str, Exchange] = {}
    errors: tuple[str, ...] = ()

    def exchanges(self) -> Iterator[tuple[str, Exchange]]:
        yield "example", self
        yield from self.also.items()


@cache
def examples() -> dict[str, Example]:
    """Returns the examples by operation id; the key `AUDIENCE *` holds what all operations of an audience share."""
    by_operation: dict[str, Example] = {}
    for file in sorted(files(__name__).iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".json"):
            continue
        audience = file.name.removesuffix(".json").partition("_")[0]
        if audience not in AUDIENCES:
            raise ValueError(f"{file.name} is of no audience")
        for name, example in msgspec.json.decode(file.read_bytes(), type=dict[str, Example]).items():
            key = f"{audience} {name}" if name == _EVERY else name
            if key in by_operation:
                raise ValueError(f"two examples of {key}")
            by_operation[key] = example
    return by_operation


def add(operation_id: str, audience: str, operation: dict[str, Any]) -> None:
    """Adds the examples of an operation to its entry in a document."""
    shared, own = examples().get(f"{audience} {_EVERY}", Example()), examples().get(operation_id, Example())
    parameters = {**shared.parameters, **own.parameters}
    if "parameters" in operation:
        # Copy the parameters: many operations share one object, and each audience has its own example of it.
        operation["parameters"] = [
            {**one, "example": parameters[one["name"]]} if one["name"] in parameters else one
            for one in operation["parameters"]
        ]
    for name, exchange in own.exchanges():
        if exchange.request is not msgspec.UNSET:
            _put(operation["requestBody"], name, exchange.request)
        if exchange.response is not msgspec.UNSET:
            status = exchange.status or min(
                int(status) for status in operation["responses"] if status.startswith("2")
            )
            _put(operation["responses"][str(status)], name, exchange.response)


def _put(holder: dict[str, Any], name: str, value: Any) -> None:
    """Adds an example to the first content whose media type fits the value. Raises: ValueError (none fits)."""
    for media_type, content in holder["content"].items():
        if media_type.startswith("text/") == isinstance(value, str):
            content["examples"] = {**content.get("examples", {}), name: {"value": value}}
            return
    raise ValueError(f"no content holds the example {name}")
