"""`mshield phone captcha`: a picture to read, for who logs in or has an SMS code sent by a script."""

from pathlib import Path

import click

from mshield.client.phone.phone import VirtualPhone
from mshield.commands.parts.folder import Chosen
from mshield.commands.parts.output import Output
from mshield.commands.phone.options import phone_command


@click.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the PNG.")
@click.option("--for-sms-code", is_flag=True, help="For `sms-code`, where it says `captcha_needed`.")
@phone_command
def captcha(out: Output, phone: VirtualPhone, *, output: Path | None, for_sms_code: bool) -> None:
    """Fetch a captcha image, for a scripted login or an SMS code."""
    path, captcha_id = fetch_captcha(phone, output, for_sms_code=for_sms_code)
    out.data({"captcha_id": captcha_id, "image": str(path)}, [f"{captcha_id}  {path}"])


def go_together(captcha_id: str | None, answer: str | None) -> None:
    """Whether there are both or none. Raises UsageError."""
    if (captcha_id is None) != (answer is None):
        raise click.UsageError("--captcha-id and --captcha go together.")


def fetch_captcha(
    phone: VirtualPhone, output: Path | None, *, for_sms_code: bool = False
) -> tuple[Path, str]:
    """Where the image was written, and the captcha's id."""
    fetched = phone.captcha(for_sms_code=for_sms_code)
    chosen = click.get_current_context().find_object(Chosen)
    path = output or (chosen.folder if chosen else Path()) / "captcha.png"
    path.write_bytes(fetched.image)
    return path, fetched.captcha_id
