"""`mshield phone unlock` and `claim`: coming back to a phone that has applied, and a code that was read before that."""

from pathlib import Path

import click
import msgspec

from mshield.client.phone.phone import VirtualPhone
from mshield.commands.parts.output import Output
from mshield.commands.phone.display import show_logged_in, shown_time
from mshield.commands.phone.options import asking, phone_command, pin_option, secret_from


@click.command()
@click.option("--sms-code", "code", help="A code from `unlock --send-code`, in place of the PIN.")
@click.option("--send-code", is_flag=True, help="Have an SMS code sent to this phone's account.")
@pin_option
@phone_command
def unlock(
    out: Output, phone: VirtualPhone, *, code: str | None, send_code: bool, pin_file: Path | None
) -> None:
    """Log in again 打开手机盾, by the shield's PIN or an SMS code.

    The PIN counts among its five tries; with one left this way is closed.
    """
    if send_code:
        sent = phone.request_unlock_code()
        text = out.pick(
            f"验证码已发送，{sent.expires_in} 秒内有效", f"Sent; valid for {sent.expires_in} seconds"
        )
        out.data({"expires_in": sent.expires_in, "resend_in": sent.resend_in}, [text])
    elif code is not None:
        show_logged_in(out, phone.unlock_by_sms(code))
    else:
        pin = secret_from(pin_file, "MSHIELD_PHONE_PIN") or asking(out)
        show_logged_in(out, phone.unlock(pin))


@click.command()
@click.argument("code")
@phone_command
def claim(out: Output, phone: VirtualPhone, *, code: str) -> None:
    """Keep a QR code that is read before login; `scan` the claim after it."""
    kept = phone.claim(code)
    until = shown_time(kept.expires_at)
    text = out.pick(
        f"{kept.requester.name} 的请求，登录后扫描（{until} 前）：",
        f"A request of {kept.requester.name}; scan by {until}:",
    )
    out.data(msgspec.to_builtins(kept), [text, kept.claim])
