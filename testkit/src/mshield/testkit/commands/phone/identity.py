"""`mshield phone identity`: proofs that the account belongs to the person on file, and ways to get one (核验身份)."""

from collections.abc import Iterable
from typing import Final, get_args

import click
import msgspec

from mshield.cli.parts.output import Output, shown_time, table
from mshield.testkit.commands.phone.options import phone_command
from mshield.testkit.phone.phone import VirtualPhone
from mshield.wire.identity import WAY_NAMES, Way
from mshield.wire.phone.enrolment import UserType
from mshield.wire.phone.identity import IdentityMessage, OwnRequestMessage, ProofMessage, WaysMessage

STATES: Final = {
    "waiting": ("待确认", "waiting"),
    "confirmed": ("已确认", "confirmed"),
    "refused": ("已拒绝", "refused"),
    "withdrawn": ("已撤回", "withdrawn"),
    "expired": ("已过期", "expired"),
}
"""Chinese and English words for the states of a request to the legal representative."""

_CONSENT_STATES: Final = {
    "waiting": ("等待扫码", "waiting to be scanned"),
    "scanned": ("已扫码，等待签名", "scanned"),
    "signed": ("已同意", "consented"),
    "declined": ("已拒绝", "declined"),
    "expired": ("已过期", "expired"),
    "cancelled": ("已取消", "cancelled"),
}
_REASONS: Final = {
    "second_account": ("已有另一账号，此方式不可用", "not allowed for a second account"),
    "objected": (
        "被另一账号叫停过，只能用客服的激活码",
        "stopped by another account: only the filing office's code is accepted",
    ),
    "other_phone": ("备案里没有本账号的手机号", "the account's phone number is not on file"),
    "no_legal_person": ("法人尚未开通", "the legal representative has no proven account yet"),
}
_USER_TYPE = click.option(
    "--user-type", type=click.Choice(get_args(UserType)), default="operator", show_default=True
)


@click.group(invoke_without_command=True)
@_USER_TYPE
@click.option("--credit-code", help="Also show the ways for the record of this enterprise.")
@phone_command
def identity(out: Output, phone: VirtualPhone, *, user_type: UserType, credit_code: str | None) -> None:
    """Show the proofs of my identity 核验身份; the commands below are the ways to get one.

    Without a proof an account can't apply for a certificate.
    """
    if click.get_current_context().invoked_subcommand is not None:
        return
    proven = phone.identity()
    ways = None if credit_code is None else phone.identity_ways(user_type, credit_code)
    data = {**msgspec.to_builtins(proven), "ways": msgspec.to_builtins(ways)}
    out.data(data, [*_proof_lines(out, proven), *(() if ways is None else _way_lines(out, ways))])


@identity.command()
@_USER_TYPE
@click.option("--credit-code", required=True, help="The enterprise's unified social credit code.")
@phone_command
def ask(out: Output, phone: VirtualPhone, *, user_type: UserType, credit_code: str) -> None:
    """Ask the legal representative to confirm my identity 请法人确认; they answer at the portal within seven days."""
    _show_request(out, phone.ask_legal_person(user_type, credit_code))


@identity.command()
@phone_command
def withdraw(out: Output, phone: VirtualPhone) -> None:
    """Withdraw the request to the legal representative 撤回."""
    phone.withdraw_identity_request()
    out.data({"withdrawn": True}, [out.pick("已撤回", "Withdrawn")])


@identity.command()
@phone_command
def remind(out: Output, phone: VirtualPhone) -> None:
    """Remind the legal representative 提醒; at most every four hours."""
    _show_request(out, phone.remind_legal_person())


@identity.command()
@_USER_TYPE
@click.option("--credit-code", required=True, help="The enterprise's unified social credit code.")
@phone_command
def consent(out: Output, phone: VirtualPhone, *, user_type: UserType, credit_code: str) -> None:
    """Request consent with my shield on another phone 现有手机盾同意; that phone scans the code of `consent-state`."""
    asked = phone.ask_own_shield(user_type, credit_code)
    out.data(
        msgspec.to_builtins(asked),
        [
            out.pick(
                f"用另一部手机的手机盾扫码，{asked.expires_in} 秒内有效，两边的数字都是 {asked.number}",
                f"To be scanned by the shield on the other phone within {asked.expires_in} s; both show {asked.number}",
            ),
            f"mshield phone identity consent-state {asked.request_id} {asked.status_token}",
        ],
    )


# A token is base64url, so one in 64 begins with "-" like an option; this command's only option is `--help`.
@identity.command(
    "consent-state", context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]}
)
@click.argument("request_id")
@click.argument("status_token")
@phone_command
def consent_state(out: Output, phone: VirtualPhone, *, request_id: str, status_token: str) -> None:
    """Show the state of the request to my other phone.

    While it waits, also the code to scan, which changes each second.
    """
    consent = phone.consent_state(request_id, status_token)
    data = {"state": consent.state, "reason": consent.reason, "number": consent.number, "code": consent.code}
    lines = [out.pick(*_CONSENT_STATES[consent.state]), *(() if consent.code is None else (consent.code,))]
    out.data(data, lines)


@identity.command()
@click.argument("code")
@phone_command
def code(out: Output, phone: VirtualPhone, *, code: str) -> None:
    """Use an activation code 激活码: CODE as printed, in upper or lower case, with or without hyphens."""
    _show_counts(out, phone.use_activation_code(code))


@identity.command("real-name")
@_USER_TYPE
@click.option("--credit-code", required=True, help="The enterprise's unified social credit code.")
@click.option("--sms-code", required=True, help="The code from `sms-code --purpose apply`.")
@click.option(
    "--agree",
    is_flag=True,
    required=True,
    help="I agree that name, ID and phone number are sent to the carrier.",
)
@phone_command
def real_name(
    out: Output, phone: VirtualPhone, *, user_type: UserType, credit_code: str, sms_code: str, agree: bool
) -> None:
    """Have the phone's carrier confirm that the number is mine 运营商核验, if the service can ask it."""
    if not agree:
        raise click.UsageError("--agree")
    _show_counts(out, phone.check_real_name(user_type, credit_code, sms_code=sms_code))


def _show_counts(out: Output, counts_from: int) -> None:
    out.data(
        {"counts_from": counts_from},
        [
            out.pick(
                f"已核验，自 {shown_time(counts_from)} 起有效",
                f"Proven; the proof is valid from {shown_time(counts_from)}",
            )
        ],
    )


@identity.command(name="object")
@click.argument("second_id")
@phone_command
def object_(out: Output, phone: VirtualPhone, *, second_id: str) -> None:
    """Object to another account in my name 不是我, and stop it before it becomes valid, by its ID (SECOND_ID).

    `identity` shows the ID. This works once per account; after that contact customer service.
    """
    phone.object_to_second_account(second_id)
    out.data(
        {"stopped": second_id},
        [out.pick("已叫停，请告知客服和企业法人", "Stopped. Contact customer service")],
    )


@identity.command(name="stop-phone-change")
@phone_command
def stop_phone_change(out: Output, phone: VirtualPhone) -> None:
    """Stop a change of my phone number 叫停 that customer service has begun, and that I didn't request."""
    phone.stop_phone_change()
    out.data({"stopped": True}, [out.pick("已叫停，手机号没有更改", "Stopped. The number stays the same")])


def _show_request(out: Output, request: OwnRequestMessage) -> None:
    out.data(msgspec.to_builtins(request), [_request_line(out, request)])


def _request_line(out: Output, request: OwnRequestMessage) -> str:
    state = out.pick(*STATES[request.state])
    until = shown_time(request.decided_at or request.expires_at)
    return out.pick(
        f"请法人确认：{request.enterprise}，{state}，{until}",
        f"Request to the legal representative of {request.enterprise}: {state}, {until}",
    )


def _proof_lines(out: Output, proven: IdentityMessage) -> Iterable[str]:
    if not proven.proofs:
        yield out.pick("还没有核验过身份", "Nothing proves this account yet")
    else:
        headers = (
            ("方式", "企业", "核验时间", "生效", "结束")
            if out.lang == "zh"
            else ("way", "enterprise", "proven", "counts from", "ended")
        )
        yield from table(headers, [_proof_row(out, proof) for proof in proven.proofs])
    if proven.request is not None:
        yield _request_line(out, proven.request)
    for account in proven.second_accounts:
        when = shown_time(account.counts_from)
        yield out.pick(
            f"有人以您的名义核验了另一个账号（{account.phone_masked}），{when} 起有效。不是您本人，"
            f"请叫停：identity object {account.id}",
            f"Another account ({account.phone_masked}) was proven to be yours, valid from {when}. "
            f"If it isn't you: identity object {account.id}",
        )
    if (change := proven.phone_change) is not None:
        when = shown_time(change.effective_at)
        yield out.pick(
            f"客服将在 {when} 把本账号改绑到 {change.phone_masked}。不是您要求的，请叫停：identity stop-phone-change",
            f"Customer service will change this account's number to {change.phone_masked} at {when}. "
            "If you didn't request this: identity stop-phone-change",
        )


def _proof_row(out: Output, proof: ProofMessage) -> tuple[str, ...]:
    return (
        way_name(out, proof.way),
        proof.enterprise or "",
        shown_time(proof.proven_at),
        shown_time(max(proof.proven_at, proof.counts_from)),
        "" if proof.ended_at is None else shown_time(proof.ended_at),
    )


def _way_lines(out: Output, ways: WaysMessage) -> Iterable[str]:
    if ways.proven:
        yield out.pick(f"{ways.enterprise}：已核验", f"{ways.enterprise}: proven")
        return
    if ways.counts_from is not None:
        from_when = shown_time(ways.counts_from)
        yield out.pick(
            f"{ways.enterprise}：已核验，自 {from_when} 起有效",
            f"{ways.enterprise}: proven, valid from {from_when}",
        )
    for way in ways.items:
        can = out.pick("可用", "open") if way.reason is None else _reason(out, way.reason)
        yield f"* {way_name(out, way.way)}: {can}"


def way_name(out: Output, way: str) -> str:
    """Returns the name of a way; the code itself if a newer service knows more ways."""
    return out.pick(*WAY_NAMES[Way(way)]) if way in set(Way) else way


def _reason(out: Output, reason: str) -> str:
    return out.pick(*_REASONS[reason]) if reason in _REASONS else reason
