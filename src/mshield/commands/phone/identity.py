"""`mshield phone identity`: what proves that the account is the filed person's, and how to get there (核验身份)."""

from collections.abc import Iterable
from typing import Final, get_args

import click
import msgspec

from mshield.client.phone.certificates.enrolment import UserType
from mshield.client.phone.identity import Identity, IdentityRequest, IdentityWays, Proof
from mshield.client.phone.phone import VirtualPhone
from mshield.commands.parts.output import Output, table
from mshield.commands.phone.display import shown_time
from mshield.commands.phone.options import phone_command
from mshield.domain.proofs import WAY_NAMES, Way

STATES: Final = {
    "waiting": ("待确认", "waiting"),
    "confirmed": ("已确认", "confirmed"),
    "refused": ("已拒绝", "refused"),
    "withdrawn": ("已撤回", "withdrawn"),
    "expired": ("已过期", "expired"),
}
"""Chinese and English words for the states of a request to the legal person."""

_CONSENT_STATES: Final = {
    "waiting": ("等待扫码", "waits to be scanned"),
    "scanned": ("已扫码，等待签名", "scanned"),
    "signed": ("已同意", "consented"),
    "declined": ("已拒绝", "declined"),
    "expired": ("已过期", "expired"),
    "cancelled": ("已取消", "cancelled"),
}
_REASONS: Final = {
    "second_account": ("已有另一账号，此方式不可用", "not for a second account"),
    "objected": (
        "被另一账号叫停过，只能用客服的激活码",
        "stopped by another account: the filing office's code alone",
    ),
    "no_phone": ("备案没有手机号", "no phone number is on file"),
    "other_phone": ("备案手机号不是本账号的手机号", "another phone number is on file"),
    "no_legal_person": ("法人尚未开通", "the legal person has no proven account yet"),
}
_USER_TYPE = click.option(
    "--user-type", type=click.Choice(get_args(UserType)), default="operator", show_default=True
)


@click.group(invoke_without_command=True)
@_USER_TYPE
@click.option("--credit-code", help="Also show the ways for the record of this enterprise.")
@phone_command
def identity(out: Output, phone: VirtualPhone, *, user_type: UserType, credit_code: str | None) -> None:
    """What proves who I am 核验身份; the commands below go the ways.

    An account that nothing proves can't apply for a certificate.
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
    """Ask the legal person to confirm who I am 请法人确认; they answer at the portal within seven days."""
    _show_request(out, phone.ask_legal_person(user_type, credit_code))


@identity.command()
@phone_command
def withdraw(out: Output, phone: VirtualPhone) -> None:
    """Take the request to the legal person back 撤回."""
    phone.withdraw_identity_request()
    out.data({"withdrawn": True}, [out.pick("已撤回", "Withdrawn")])


@identity.command()
@phone_command
def remind(out: Output, phone: VirtualPhone) -> None:
    """Have the legal person told again 提醒; every four hours at most."""
    _show_request(out, phone.remind_legal_person())


@identity.command()
@_USER_TYPE
@click.option("--credit-code", required=True, help="The enterprise's unified social credit code.")
@phone_command
def consent(out: Output, phone: VirtualPhone, *, user_type: UserType, credit_code: str) -> None:
    """Ask for the consent of my shield on another phone 现有手机盾同意; it scans the code of `consent-state`."""
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


# A token is base64url: one in 64 begins as an option would, and only `--help` is one of this command's.
@identity.command(
    "consent-state", context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]}
)
@click.argument("request_id")
@click.argument("status_token")
@phone_command
def consent_state(out: Output, phone: VirtualPhone, *, request_id: str, status_token: str) -> None:
    """Where the request to my other phone stands; while it waits, the code to scan, which changes each second."""
    consent = phone.consent_state(request_id, status_token)
    data = {"state": consent.state, "reason": consent.reason, "number": consent.number, "code": consent.code}
    lines = [out.pick(*_CONSENT_STATES[consent.state]), *(() if consent.code is None else (consent.code,))]
    out.data(data, lines)


@identity.command()
@click.argument("code")
@phone_command
def code(out: Output, phone: VirtualPhone, *, code: str) -> None:
    """Use an activation code 激活码: CODE as it is printed, in either case, with or without hyphens."""
    _show_counts(out, phone.use_activation_code(code))


@identity.command("real-name")
@_USER_TYPE
@click.option("--credit-code", required=True, help="The enterprise's unified social credit code.")
@click.option("--sms-code", required=True, help="The code of `sms apply`.")
@click.option(
    "--agree",
    is_flag=True,
    required=True,
    help="I agree that name, id and phone number are sent to the carrier.",
)
@phone_command
def real_name(
    out: Output, phone: VirtualPhone, *, user_type: UserType, credit_code: str, sms_code: str, agree: bool
) -> None:
    """Have the phone's carrier say that the number is mine 运营商核验, where the service can ask it."""
    if not agree:
        raise click.UsageError("--agree")
    _show_counts(out, phone.check_real_name(user_type, credit_code, sms_code=sms_code))


def _show_counts(out: Output, counts_from: int) -> None:
    out.data(
        {"counts_from": counts_from},
        [
            out.pick(
                f"已核验，自 {shown_time(counts_from)} 起有效",
                f"Proven; it counts from {shown_time(counts_from)}",
            )
        ],
    )


@identity.command(name="object")
@click.argument("second_id")
@phone_command
def object_(out: Output, phone: VirtualPhone, *, second_id: str) -> None:
    """This isn't me 不是我: stop another account in my name before it counts, by its id (SECOND_ID).

    `identity` shows it. It serves once for an account; after that customer service is asked.
    """
    phone.object_to_second_account(second_id)
    out.data(
        {"stopped": second_id}, [out.pick("已叫停，请告知客服和企业法人", "Stopped. Tell customer service")]
    )


@identity.command(name="stop-phone-change")
@phone_command
def stop_phone_change(out: Output, phone: VirtualPhone) -> None:
    """I didn't ask for it 叫停: stop the change of my phone number that customer service has begun."""
    phone.stop_phone_change()
    out.data({"stopped": True}, [out.pick("已叫停，手机号没有更改", "Stopped. The number stays")])


def _show_request(out: Output, request: IdentityRequest) -> None:
    out.data(msgspec.to_builtins(request), [_request_line(out, request)])


def _request_line(out: Output, request: IdentityRequest) -> str:
    state = out.pick(*STATES[request.state])
    until = shown_time(request.decided_at or request.expires_at)
    return out.pick(
        f"请法人确认：{request.enterprise}，{state}，{until}",
        f"Request to the legal person of {request.enterprise}: {state}, {until}",
    )


def _proof_lines(out: Output, proven: Identity) -> Iterable[str]:
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
            f"Another account ({account.phone_masked}) was proven to be yours and counts from {when}. "
            f"If it isn't you: identity object {account.id}",
        )
    if (change := proven.phone_change) is not None:
        when = shown_time(change.effective_at)
        yield out.pick(
            f"客服将在 {when} 把本账号改绑到 {change.phone_masked}。不是您要求的，请叫停：identity stop-phone-change",
            f"Customer service binds this account to {change.phone_masked} at {when}. "
            "If you didn't ask for it: identity stop-phone-change",
        )


def _proof_row(out: Output, proof: Proof) -> tuple[str, ...]:
    return (
        way_name(out, proof.way),
        proof.enterprise or "",
        shown_time(proof.proven_at),
        shown_time(max(proof.proven_at, proof.counts_from)),
        "" if proof.ended_at is None else shown_time(proof.ended_at),
    )


def _way_lines(out: Output, ways: IdentityWays) -> Iterable[str]:
    if ways.proven:
        yield out.pick(f"{ways.enterprise}：已核验", f"{ways.enterprise}: proven")
        return
    if ways.counts_from is not None:
        from_when = shown_time(ways.counts_from)
        yield out.pick(
            f"{ways.enterprise}：已核验，自 {from_when} 起有效",
            f"{ways.enterprise}: proven, counts from {from_when}",
        )
    for way in ways.items:
        can = out.pick("可用", "open") if way.reason is None else _reason(out, way.reason)
        yield f"* {way_name(out, way.way)}: {can}"


def way_name(out: Output, way: str) -> str:
    """A newer service may know more ways."""
    return out.pick(*WAY_NAMES[Way(way)]) if way in set(Way) else way


def _reason(out: Output, reason: str) -> str:
    return out.pick(*_REASONS[reason]) if reason in _REASONS else reason
