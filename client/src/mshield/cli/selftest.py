"""`mshield selftest`: runs a vector file, or a folder of vectors, through a curve engine and counts the passes.

It needs no server and no state, so anyone can check an installation against the published vectors.
"""

import json
from pathlib import Path
from typing import Literal

import click

from mshield.cli.parts.output import Output, output_options, refusing
from mshield.gm.engine import load_engine
from mshield.gm.errors import EngineUnavailable
from mshield.gm.selftest import Report, run


@click.command()
@click.option(
    "--engine",
    type=click.Choice(["auto", "botan", "openssl"]),
    default="auto",
    show_default=True,
    help="The curve engine to test.",
)
@click.option(
    "--vectors",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    help="A vector file of the co-signing protocol, JSON.",
)
@click.option(
    "--views",
    type=click.Path(exists=True, file_okay=False, readable=True, path_type=Path),
    help="A folder of vectors for views (展示规则), with an index.json.",
)
@click.option(
    "--formats",
    type=click.Path(exists=True, file_okay=False, readable=True, path_type=Path),
    help="A folder of vectors of foreign formats (certificates, P7, time stamps …), with an index.json.",
)
@output_options
def command(
    out: Output,
    *,
    engine: Literal["auto", "botan", "openssl"],
    vectors: Path | None,
    views: Path | None,
    formats: Path | None,
) -> None:
    """Run vectors of co-signing, of views or of foreign formats, and print how many passed.

    Ends with the line "N passed, M failed"; exit code 1 if any failed or the engine is missing, 2 if the file
    cannot be read.
    """
    if sum(folder is not None for folder in (vectors, views, formats)) != 1:
        raise click.UsageError("give one of --vectors, --views and --formats")
    if vectors is not None:
        _run_cosigning(out, engine, vectors)
    elif views is not None:
        _run_views(out, views)
    elif formats is not None:
        _run_formats(out, engine, formats)


def _run_cosigning(out: Output, engine: Literal["auto", "botan", "openssl"], vectors: Path) -> None:
    try:
        content = json.loads(vectors.read_bytes())
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"not a readable JSON file: {error}", param_hint="--vectors") from error
    if not isinstance(content, dict):
        raise click.BadParameter("not a vector file: the file holds no JSON object", param_hint="--vectors")
    with refusing(out, EngineUnavailable):
        used = load_engine(engine)
    _print_report(out, run(used, content), {"engine": used.name, "version": used.version})


def _run_views(out: Output, folder: Path) -> None:
    from mshield.views import selftest

    try:
        report = selftest.run(lambda name: (folder / name).read_bytes())
    except selftest.NotVectors as error:
        raise click.BadParameter(str(error), param_hint="--views") from error
    _print_report(out, report, {})


def _run_formats(out: Output, engine: Literal["auto", "botan", "openssl"], folder: Path) -> None:
    from mshield.pki import selftest
    from mshield.wire.login_message import is_login_message
    from mshield.wire.shield_number import PATTERN

    with refusing(out, EngineUnavailable):
        used = load_engine(engine)
    try:
        report = selftest.run(
            selftest.Bench(used, lambda name: (folder / name).read_bytes(), is_login_message, PATTERN)
        )
    except selftest.NotVectors as error:
        raise click.BadParameter(str(error), param_hint="--formats") from error
    _print_report(out, report, {"engine": used.name, "version": used.version})


def _print_report(out: Output, report: Report, about: dict[str, str]) -> None:
    lines = [*report.failures, f"{report.passed} passed, {report.failed} failed"]
    if about:
        lines.insert(0, " ".join(about.values()))
    counts = {"passed": report.passed, "failed": report.failed}
    out.data({**about, **counts, "failures": list(report.failures)}, lines)
    if report.failed or not report.passed:
        raise click.exceptions.Exit(1)
