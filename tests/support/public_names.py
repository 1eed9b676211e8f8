"""The record of what this project promises to others: names and texts, a line each, kept in tests/architecture/names.

`python -m tests.support.public_names` (`make names`) writes it; a test compares it with the code. Who changes one of
these on purpose renews the record in the same commit and says why, so that a change is seen in the diff.
Long texts stand as the first 16 hex digits of their SHA-256.
"""

import ast
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from mshield.cli.main import main
from mshield.server.error_codes import BY_CODE
from mshield.server.http.audiences import AUDIENCES
from mshield.server.jobs import JOBS
from mshield.server.main import create_app
from mshield.server.runtime.security_log.events import EVENTS
from mshield.server.settings.settings import Settings

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "tests" / "architecture" / "names"

_PACKAGES: Final = ("client", "client/business", "views", "gm")
"""Packages whose `__all__` others import from."""
_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})


def _digest(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def operations() -> Iterator[str]:
    """AUDIENCE METHOD PATH OPERATION DIGEST; after an audience's operations its document without them."""
    documents = create_app(
        Settings.of(mode="demo", public_origin="https://shield.example.cn")
    ).state.documents
    for audience in (None, *AUDIENCES):
        document: dict[str, Any] = documents.of(audience)
        name = audience or "all"
        for path, item in sorted(document["paths"].items()):
            for method, operation in sorted(item.items()):
                if method in _METHODS and audience is not None:
                    yield f"{name} {method.upper()} {path} {operation['operationId']} {_digest(operation)}"
        for schema, content in sorted(document.get("components", {}).get("schemas", {}).items()):
            if audience is not None:
                yield f"{name} schema {schema} {_digest(content)}"
        yield f"{name} document {_digest(document)}"


def commands() -> Iterator[str]:
    """COMMAND DIGEST, of its `--help` and of each option's and argument's names."""
    return _helps(main, click.Context(main, info_name="mshield", **main.context_settings))


def _helps(command: click.Command, context: click.Context) -> Iterator[str]:
    formatter = click.HelpFormatter(width=100)  # not the terminal's own width
    command.format_help(context, formatter)
    names = [[*param.opts, *param.secondary_opts] for param in command.params]
    spoken = " ".join("/".join(each) for each in names)
    yield f"{context.command_path} {_digest(formatter.getvalue())} {spoken}".rstrip()
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _helps(child, click.Context(child, parent=context, info_name=name))


def settings() -> Iterator[str]:
    """Yields a line per row of the table in docs/settings.md, which another test compares with the code."""
    for line in (ROOT / "docs" / "settings.md").read_text("utf-8").splitlines():
        if line.startswith("| `MSHIELD_"):
            name = line.split("`")[1]
            yield f"{name} {_digest(line)}"


def exports() -> Iterator[str]:
    """Yields PACKAGE NAME for each exported name of the packages that others import from."""
    for package in _PACKAGES:
        file = next(file for file in _portions(package) if file.exists())
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
                yield from (
                    f"mshield.{package.replace('/', '.')} {name}" for name in ast.literal_eval(node.value)
                )


def _portions(package: str) -> list[Path]:
    return [source / "mshield" / package / "__init__.py" for source in (ROOT / "src", ROOT / "client/src")]


def errors() -> Iterator[str]:
    """Yields a line per error: CODE FAQ | Chinese | English."""
    for code, error in sorted(BY_CODE.items()):
        yield f"{code} {error.faq or '-'} | {error.zh_text} | {error.en_text}"


def security_events() -> Iterator[str]:
    """Yields a line per security event: EVENT LEVEL MOST FIELDS."""
    for event in sorted(EVENTS, key=lambda event: event.name):
        yield f"{event.name} {event.level} {event.most} {','.join(event.fields)}"


def jobs() -> Iterator[str]:
    """Yields a line per job: JOB SECONDS LIMIT."""
    for job in JOBS:
        yield f"{job.name} {job.seconds} {job.limit_seconds}"


RECORDS: Final = {
    "operations": operations,
    "commands": commands,
    "settings": settings,
    "exports": exports,
    "errors": errors,
    "security_events": security_events,
    "jobs": jobs,
}
"""The schema has its own record: src/mshield/server/database/schema.sql."""


def record(name: str) -> str:
    """One record's text."""
    return "".join(f"{line}\n" for line in RECORDS[name]())


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in RECORDS:
        (FOLDER / f"{each}.txt").write_text(record(each), "utf-8")
