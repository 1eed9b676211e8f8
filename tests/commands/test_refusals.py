"""Refusals of commands are JSON with `--json`: every command with an `Output` passes it on."""

import ast
from pathlib import Path
from typing import Final

import mshield.cli
import mshield.server.commands
import mshield.testkit.commands

_PACKAGES: Final = (mshield.cli, mshield.server.commands, mshield.testkit.commands)


def _silent(tree: ast.Module) -> list[int]:
    """Returns the lines that make a `Refused` without `as_json`, in functions that have an `out`."""
    return [
        call.lineno
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(argument.arg == "out" for argument in function.args.args)
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") == "Refused"
        and not any(keyword.arg == "as_json" for keyword in call.keywords)
    ]


def test_each_refusal_is_json_if_the_command_prints_json() -> None:
    files = [file for package in _PACKAGES for file in sorted(Path(package.__path__[0]).rglob("*.py"))]
    assert len(files) > 50
    assert [
        f"{file.name}:{line}" for file in files for line in _silent(ast.parse(file.read_text("utf-8")))
    ] == []
