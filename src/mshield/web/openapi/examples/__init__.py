"""What the OpenAPI documents know of each operation beside its schemas: an exchange as it happens, and its errors.

It is data: a file per audience, keyed by operation id; `*` holds the parameters that many operations have. What is
too much for one file stands in others, `AUDIENCE_PART.json`.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from mshield.web.audiences import AUDIENCES

_EVERY: Final = "*"


class Exchange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A call and its answer; `status` where it isn't the operation's first good one.

    A text stands for a text (a list of CSV, a stream of events), anything else for JSON or form fields.
    """

    request: Any = msgspec.UNSET
    response: Any = msgspec.UNSET
    status: int | None = None
    parameters: dict[str, Any] = {}


class Example(Exchange, frozen=True, forbid_unknown_fields=True):
    """An operation's exchange, others under their names, and the codes of its refusals that its form doesn't tell."""

    also: dict[str, Exchange] = {}
    errors: tuple[str, ...] = ()

    def exchanges(self) -> Iterator[tuple[str, Exchange]]:
        """All of them by name."""
        yield "example", self
        yield from self.also.items()


@cache
def examples() -> dict[str, Example]:
    """All operations by their id; those of an audience's file under `AUDIENCE *` hold for all of its operations."""
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
    """Adds what is known to an operation of a document."""
    shared, own = examples().get(f"{audience} {_EVERY}", Example()), examples().get(operation_id, Example())
    parameters = {**shared.parameters, **own.parameters}
    if "parameters" in operation:
        # Copies: many operations have the same parameter, and each audience its own example of it.
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
    """Into the body's or answer's first content that holds such a value."""
    for media_type, content in holder["content"].items():
        if media_type.startswith("text/") == isinstance(value, str):
            content["examples"] = {**content.get("examples", {}), name: {"value": value}}
            return
    raise ValueError(f"no content holds the example {name}")
