"""`mshield phone captcha`: fetches a captcha image, for scripts that log in or request an SMS code."""

from pathlib import Path

import click

from mshield.cli.parts.folder import Chosen
from mshield.cli.parts.output import Output
from mshield.client.forms import unbase64
from mshield.testkit.commands.phone.options import phone_command
from mshield.testkit.phone.phone import VirtualPhone


@click.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File for the PNG image.")
@click.option("--for-sms-code", is_flag=True, help="For `sms-code`, after it failed with `captcha_needed`.")
@phone_command
def captcha(out: Output, phone: VirtualPhone, *, output: Path | None, for_sms_code: bool) -> None:
    """Fetch a captcha image, for a scripted login or an SMS code."""
    path, captcha_id = fetch_captcha(phone, output, for_sms_code=for_sms_code)
    out.data({"captcha_id": captcha_id, "image": str(path)}, [f"{captcha_id}  {path}"])


def require_together(captcha_id: str | None, answer: str | None) -> None:
    """Raises UsageError if only one of captcha id and answer is given."""
    if (captcha_id is None) != (answer is None):
        raise click.UsageError("--captcha-id and --captcha must be given together.")


def fetch_captcha(
    phone: VirtualPhone, output: Path | None, *, for_sms_code: bool = False
) -> tuple[Path, str]:
    """Fetches a captcha; returns the file of its image, and its id."""
    fetched = phone.captcha(for_sms_code=for_sms_code)
    chosen = click.get_current_context().find_object(Chosen)
    path = output or (chosen.folder if chosen else Path()) / "captcha.png"
    path.write_bytes(unbase64(fetched.image_b64 or ""))
    return path, fetched.captcha_id
