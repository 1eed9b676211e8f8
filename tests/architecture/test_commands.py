"""The commands of `mshield`: the table that finds them matches the modules, and help imports none."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click

from mshield.cli.main import COMMANDS
from tests.support.sources import module, python


def test_the_table_is_that_of_the_modules() -> None:
    packages = {package for package, _ in COMMANDS.values()}
    defined = {}
    for file in python():
        if package := _package(file, packages):
            command = import_module(module(file)).command
            assert isinstance(command, click.Command)
            first = click.Command("", help=command.help).get_short_help_str(10_000)
            name = module(file).removeprefix(f"{package}.").removesuffix(".command").replace("_", "-")
            defined[name] = (package, first)
    assert dict(COMMANDS) == defined


def test_help_imports_no_command() -> None:
    program = "import sys, mshield.cli.main as cli; cli.main(['--help'], standalone_mode=False); print(*sys.modules)"
    shown = subprocess.run((sys.executable, "-c", program), check=True, capture_output=True, text=True).stdout
    assert all(f"  {name} " in shown for name in COMMANDS)
    imported = {name for name in shown.splitlines()[-1].split() if name.startswith("mshield.")}
    assert {name for name in imported if name.count(".") > 1} <= {
        "mshield.cli.main",
        "mshield.cli.parts",
        "mshield.cli.parts.honest_text",
        "mshield.cli.parts.output",
    }


def _package(file: Path, packages: set[str]) -> str | None:
    """Returns the command package in which a module defines a command."""
    name = module(file)
    package, _, last = name.rpartition(".")
    if last == "command":
        package = package.rpartition(".")[0]
    if package not in packages or name.endswith(".main"):
        return None
    functions = (
        node for node in ast.parse(file.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)
    )
    return package if any(node.name == "command" for node in functions) else None
