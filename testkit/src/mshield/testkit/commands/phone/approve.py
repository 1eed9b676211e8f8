"""`mshield phone approve`: logs in or signs; explains what needs an explicit confirmation."""

from pathlib import Path

import click

from mshield.cli.parts.output import Output, Refused
from mshield.client.errors import PhoneError
from mshield.testkit.commands.phone.display import OPTIONS, UNPROVEN, approved_data, approved_lines
from mshield.testkit.commands.phone.options import (
    asking,
    exclude_option,
    excluded_of,
    phone_command,
    pin_option,
    secret_from,
)
from mshield.testkit.phone.phone import VirtualPhone


@click.command()
@click.argument("request_id", required=False)
@exclude_option
@pin_option
@click.option(
    "--as-the-content-says",
    is_flag=True,
    help=(
        "Sign although the business system's description differs from the content; the content "
        "is what counts."
    ),
)
@click.option("--unread", is_flag=True, help="Sign although this phone can't show the content.")
@phone_command
def approve(
    out: Output,
    phone: VirtualPhone,
    *,
    request_id: str | None,
    exclude: tuple[tuple[int, str], ...],
    pin_file: Path | None,
    as_the_content_says: bool,
    unread: bool,
) -> None:
    """Log in or sign 登录/签名, for the scanned request. Safe to repeat after a network failure.

    If the business system's description differs from the content, or no phone can show it, nothing is signed
    without the matching option: exit code 1, confirmation_missing, with the lines that differ.
    """
    chosen = {"mismatch": as_the_content_says, "unread": unread}
    pin = secret_from(pin_file, "MSHIELD_PHONE_PIN") or asking(out)
    try:
        confirmed = {sid: wants for sid, wants in phone.wanted(request_id).items() if chosen[wants]}
        excluded = excluded_of(phone, request_id, exclude)
        result = phone.approve(request_id, pin=pin, confirmed=confirmed, excluded=excluded)
    except PhoneError as error:
        if error.code == "confirmation_missing":
            raise _unconfirmed(out, error) from error
        raise
    out.data(approved_data(result), approved_lines(out, result))


def _unconfirmed(out: Output, error: PhoneError) -> Refused:
    """Returns a refusal with the required option, and each line that differs from the content."""
    pick, wants = out.pick, error.extra["confirm"]
    option = OPTIONS[str(wants)]
    parts = [f"{pick(error.zh, error.en)} ({option}): {error.extra['title']}"]
    if error.extra["unproven"]:
        parts.append(pick(*UNPROVEN))
    for line in error.extra["lines"]:  # type: ignore[attr-defined]  # the phone's own data
        said = pick("对方说", "they say")
        content = pick("原文没有", "not in the content") if line["content"] is None else line["content"]
        parts.append(f"{line['label']} {said} {line['value']}; {pick('原文', 'content')}: {content}".lstrip())
    return Refused("; ".join(parts), code=error.code, extra=error.extra, as_json=out.json)
