"""`mshield openapi`: prints the service's OpenAPI documents, without a running service."""

import json
from pathlib import Path

import click

from mshield.cli.parts.output import Output, output_options


@click.command()
@click.argument("audience", required=False)
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; by default the document is printed.",
)
@output_options
def command(out: Output, audience: str | None, file: Path | None) -> None:
    """Print the OpenAPI document of an audience, or of all.

    A running service serves the same at /openapi/AUDIENCE.json and /openapi.json. It needs no database and no
    key; the server address in the document is MSHIELD_PUBLIC_ORIGIN.
    """
    from mshield.server.http.audiences import AUDIENCES
    from mshield.server.http.openapi.documents import Documents
    from mshield.server.main import create_app
    from mshield.server.settings.settings import load_settings

    if audience is not None and audience not in AUDIENCES:
        raise click.BadParameter(f"one of {', '.join(AUDIENCES)}", param_hint="AUDIENCE")
    documents: Documents = create_app(load_settings()).state.documents
    document = documents.of(audience)
    if file is None:
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    file.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
    out.data({"file": str(file), "operations": _count(document)}, [])
    out.say(f"已写入 {file}", f"written to {file}")


def _count(document: dict[str, dict[str, dict[str, object]]]) -> int:
    return sum(len(item) for item in document["paths"].values())
