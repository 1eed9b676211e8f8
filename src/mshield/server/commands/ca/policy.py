"""`mshield ca policy`: the template of certificate policy and practice statement."""

from pathlib import Path

import click

from mshield.cli.parts.output import Output, Refused, output_options
from mshield.server.commands.parts.service import Service, on_service


@click.command(name="policy")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--text", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Its language."
)
@output_options
def command(out: Output, file: Path, text: str) -> None:
    """Write a CP/CPS (RFC 3647) to FILE, filled with this CA's facts; what you must fill in is marked.

    Never overwrites a file.
    """
    from mshield.server.ca.policy import write_policy

    async def work(service: Service) -> str:
        return await write_policy(
            service.db, service.keyring, service.settings, "zh" if text == "zh" else "en", now=service.now
        )

    content = on_service(out, work)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(content)
    except FileExistsError as error:
        raise Refused(
            out.pick(f"{file} 已存在，不会被覆盖", f"{file} exists and is never overwritten"),
            code="file_exists",
            as_json=out.json,
        ) from error
    left = content.count("【待填") + content.count("[TO FILL IN")
    message = out.pick(f"{file}：{left} 处待填", f"{file}: {left} places to fill in")
    out.data({"file": str(file), "to_fill_in": left}, [message])
