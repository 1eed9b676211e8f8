"""`mshield phone renew`, `bind` and `unbind`: operations on the phone's existing certificate."""

from pathlib import Path
from typing import Final, get_args

import click
import msgspec

from mshield.cli.parts.output import Output
from mshield.testkit.commands.phone.display import show_certificate
from mshield.testkit.commands.phone.options import asking, phone_command, pin_option, secret_from
from mshield.testkit.phone.phone import VirtualPhone
from mshield.wire.phone.enrolment import RenewalPreviewMessage, UserType


@click.command()
@click.option("--name", help="Name, as on file; by default the one on file.")
@click.option("--id-number", help="ID number; by default the account's own.")
@click.option("--user-type", type=click.Choice(get_args(UserType)), help="By default as certified.")
@click.option("--credit-code", help="The enterprise's unified social credit code; by default as certified.")
@click.option("--sms-code", "code", help="The code from `sms-code --purpose renew`.")
@click.option("--preview", is_flag=True, help="Show what would change, and stop.")
@click.option("--resume", is_flag=True, help="Continue an interrupted renewal; needs only the PIN.")
@click.option(
    "--give-up", is_flag=True, help="Abandon the renewal in progress; the present certificate stays in use."
)
@pin_option
@phone_command
def renew(
    out: Output,
    phone: VirtualPhone,
    *,
    name: str | None,
    id_number: str | None,
    user_type: UserType | None,
    credit_code: str | None,
    code: str | None,
    preview: bool,
    resume: bool,
    give_up: bool,
    pin_file: Path | None,
) -> None:
    """Renew the certificate 更新证书, with the data on file.

    Possible with less than half a year left, or after the filing changed. The PIN stays the same; the present
    certificate stays in force until the new one is confirmed.
    """
    if preview:
        _show_preview(out, phone.renewal_preview())
        return
    if give_up:
        phone.give_up_renewal()
        text = out.pick("已放弃更新，原证书继续使用", "Abandoned; the present certificate stays in use")
        out.data({"given_up": True}, [text])
        return
    pin = secret_from(pin_file, "MSHIELD_PHONE_PIN") or asking(out)
    if resume:
        show_certificate(out, phone.resume_renewal(pin))
        return
    if code is None:
        raise click.UsageError("Give --sms-code, or --resume.")
    renewed = phone.renew(
        name=name,
        id_number=id_number,
        user_type=user_type,
        credit_code=credit_code,
        sms_code=code,
        pin=pin,
    )
    show_certificate(out, renewed)


def _show_preview(out: Output, preview: RenewalPreviewMessage) -> None:
    old, new = preview.certified, preview.filed
    rows = (
        (out.pick("姓名", "Name"), old.name, new.name),
        (out.pick("企业", "Enterprise"), old.enterprise, new.enterprise),
        (out.pick("统一社会信用代码", "Credit code"), old.credit_code, new.credit_code),
        (out.pick("证件号码", "Id number"), preview.id_number_masked, preview.id_number_masked),
    )
    due = out.pick("可以更新", "Can be renewed") if preview.reason else out.pick("还不用更新", "Not due yet")
    lines = [f"{name}  {was}" if was == now else f"{name}  {was} → {now}" for name, was, now in rows]
    if preview.issuer is not msgspec.UNSET:
        issuer = out.pick(preview.issuer.name, preview.issuer.name_en)
        lines.append(f"{out.pick('签发机构', 'Issued by')}  {issuer}")
    out.data(msgspec.to_builtins(preview), [due, *lines])


@click.command()
@click.option("--client-id", help="One business system; by default all of them.")
@pin_option
@phone_command
def bind(out: Output, phone: VirtualPhone, *, client_id: str | None, pin_file: Path | None) -> None:
    """Bind the certificate to the account 绑定证书; only then other apps on the phone can pass on requests."""
    result = phone.bind(secret_from(pin_file, "MSHIELD_PHONE_PIN") or asking(out), client_id=client_id)
    system = result.statement.name or out.pick("全部业务系统", "all business systems")
    account = result.statement.account
    out.data(
        msgspec.to_builtins(result),
        [out.pick(f"证书已绑定账户 {account}：{system}", f"Bound to the account {account}: {system}")],
    )


@click.command()
@click.argument("sid")
@phone_command
def unbind(out: Output, phone: VirtualPhone, *, sid: str) -> None:
    """End a binding 解除绑定; SID is its ID, as `bind --json` prints it."""
    phone.unbind(sid)
    out.data({"unbound": sid}, [out.pick("已解除绑定", "Unbound")])


COMMANDS: Final = (renew, bind, unbind)
"""Commands of this module, added to the group by command.py."""
