"""`mshield selftest`: runs a vector file through a curve engine and counts what passed.

It needs no server and no state, so anyone can check an installation against the published vectors.
"""

import json
from pathlib import Path
from typing import Literal

import click

from mshield.commands.parts.output import Output, output_options, refusing
from mshield.gm.engine import load_engine
from mshield.gm.errors import EngineUnavailable
from mshield.gm.selftest import run


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
    required=True,
    help="A vector file of the co-signing protocol, JSON.",
)
@output_options
def command(out: Output, engine: Literal["auto", "botan", "openssl"], vectors: Path) -> None:
    """Run co-signing vectors and print how many passed.

    Ends with the line "N passed, M failed"; exit code 1 if any failed or the engine is missing, 2 if the file
    cannot be read.
    """
    try:
        content = json.loads(vectors.read_bytes())
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"not a readable JSON file: {error}", param_hint="--vectors") from error
    if not isinstance(content, dict):
        raise click.BadParameter("not a vector file: the file holds no JSON object", param_hint="--vectors")
    with refusing(out, EngineUnavailable):
        used = load_engine(engine)
    report = run(used, content)
    shown = {"engine": used.name, "version": used.version, "passed": report.passed, "failed": report.failed}
    lines = [
        f"{used.name} {used.version}",
        *report.failures,
        f"{report.passed} passed, {report.failed} failed",
    ]
    out.data({**shown, "failures": list(report.failures)}, lines)
    if report.failed or not report.passed:
        raise click.exceptions.Exit(1)
