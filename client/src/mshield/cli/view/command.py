"""`mshield view`: checks a view's file, draws content with it, and tests it against expected results.

It needs no server, and draws exactly like phone, service and verifier.
"""

import json
from pathlib import Path
from typing import Final

import click

from mshield.cli.parts.drawn_lines import drawn_lines
from mshield.cli.parts.output import Output, output_options
from mshield.views import View, ViewError, draw, read_view
from mshield.views.canonical import canonical

_FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group(name="view")
def command() -> None:
    """Views of content, for their authors (展示规则): check, draw, test.

    A view defines how XML or JSON of one kind is shown on the phone; docs/views.md explains how to write one.
    """


@command.command()
@click.argument("files", type=_FILE, nargs=-1, required=True, metavar="VIEW...")
@output_options
def check(out: Output, files: tuple[Path, ...]) -> None:
    """Check the grammar of view files, and print ID, version and digest (SM3 of the canonical JSON).

    Exit code 1 if any breaks a rule; the rule is named.
    """
    results = [_checked(file) for file in files]
    out.data(results, [_checked_line(result) for result in results])
    if any("error" in result for result in results):
        raise click.exceptions.Exit(1)


@command.command("draw")
@click.argument("view", type=_FILE)
@click.argument("content", type=_FILE)
@output_options
def draw_command(out: Output, view: Path, content: Path) -> None:
    """Draw CONTENT with VIEW: what the phone shows, what is checked, and what is not shown.

    With --json prints the drawn lines themselves in canonical form, without a final newline: their SM3 is
    what is signed. Exit code 1 if the view refuses the content; with --json the output says why and where.
    """
    try:
        drawn = draw(_read(view), content.read_bytes())
    except ViewError as error:
        if not out.json:
            raise
        _write(canonical(error.answer))
        raise click.exceptions.Exit(1) from error
    if out.json:
        _write(drawn.octets)
        return
    out.data(None, [*drawn_lines(out, drawn.answer), "", f"SM3 {drawn.digest.hex()}"])


@command.command()
@click.argument("view", type=_FILE)
@click.argument("contents", type=_FILE, nargs=-1, required=True, metavar="CONTENT...")
@click.option(
    "--accept", is_flag=True, help="Write the results as the expected ones, after you have reviewed them."
)
@output_options
def test(out: Output, view: Path, contents: tuple[Path, ...], accept: bool) -> None:
    """Test VIEW against sample contents: the expected result for NAME.xml is NAME.expect.json next to it.

    It is the output of `mshield view draw --json`, also for contents that must be refused; whitespace and the
    order of names don't matter. Ends with "N passed, M failed", exit code 1 if any failed.
    """
    by = _read(view)
    results = [_tested(by, content, accept=accept) for content in contents]
    failed = sum(result["result"] != "passed" for result in results)
    counts = f"{len(results) - failed} passed, {failed} failed"
    out.data(
        {"passed": len(results) - failed, "failed": failed, "contents": results},
        [*(f"{result['content']}: {result['result']}" for result in results), counts],
    )
    if failed:
        raise click.exceptions.Exit(1)


def _read(file: Path) -> View:
    """Reads the view in a file. Raises: ViewError (its message names the broken rule)."""
    try:
        return read_view(file.read_bytes())
    except ViewError as error:
        reason = str(error.__cause__)
        error.zh, error.en = (f"{sentence}: {reason}" for sentence in (error.zh, error.en))
        raise


def _checked(file: Path) -> dict[str, object]:
    try:
        view = read_view(file.read_bytes())
    except ViewError as error:
        return {"file": str(file), "error": error.code, "reason": str(error.__cause__)}
    return {"file": str(file), "id": view.id, "version": view.version, "digest": view.digest.hex()}


def _checked_line(result: dict[str, object]) -> str:
    if "error" in result:
        return f"{result['file']}: {result['error']}: {result['reason']}"
    return f"{result['file']}: {result['id']} {result['version']} {result['digest']}"


def _tested(view: View, content: Path, *, accept: bool) -> dict[str, str]:
    try:
        answer = draw(view, content.read_bytes()).octets
    except ViewError as error:
        answer = canonical(error.answer)
    beside = content.with_name(f"{content.stem}.expect.json")
    if accept:
        beside.write_bytes(answer)
    return {"content": str(content), "result": _result(answer, beside)}


def _result(answer: bytes, beside: Path) -> str:
    try:
        expected = canonical(json.loads(beside.read_bytes()))
    except FileNotFoundError:
        return f"no expected result: {beside.name} is missing"
    except ValueError:
        return f"no expected result: {beside.name} is not JSON"
    if answer == expected:
        return "passed"
    return f"got {answer.decode()}" if len(answer) < 200 else f"the result differs from {beside.name}"


def _write(octets: bytes) -> None:
    """Writes bytes unchanged to standard output, because `honest_text` would escape some."""
    click.echo(octets, nl=False)
