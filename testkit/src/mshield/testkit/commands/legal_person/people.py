"""Subcommand of `mshield legal-person` for people on file, and the proofs of their accounts."""

from collections.abc import Sequence
from typing import Final

import click
import msgspec

from mshield.cli.parts.output import Output, shown_time, table
from mshield.testkit.commands.legal_person.options import Portal, enterprise_option, portal_command
from mshield.testkit.commands.phone.identity import way_name
from mshield.wire.identity import PROVERS, ROLE_NAMES, Role, Way
from mshield.wire.portal import FiledPersonMessage, PersonProofMessage

_STATES: Final = {
    "counts": ("有效", "counts"),
    "waits": ("等候生效", "waits"),
    "ended": ("已结束", "ended"),
    "off": ("不作数", "doesn't count"),
}


@click.command()
@click.option("--name", help="Any part of a name.")
@click.option("--end", help="The end (尾号) of an ID, phone or shield number: four or more characters.")
@click.option("--after", help="The `next` of the previous page.")
@enterprise_option
@portal_command
def people(
    out: Output,
    portal: Portal,
    *,
    name: str | None,
    end: str | None,
    after: str | None,
    credit_code: str | None,
) -> None:
    """List the people on file 备案人员, with each proof of their identity: how, by whom and when."""
    filters = {"name": name, "end": end, "after": after}
    words = {field: word for field, word in filters.items() if word is not None}
    page = portal.client.people(portal.enterprise(credit_code), **words)
    headers = (
        ("姓名", "用户类型", "证件号码", "手机盾", *_heads(out))
        if out.lang == "zh"
        else ("name", "role", "id number", "shields", *_heads(out))
    )
    rows = [row for person in page.items for row in _person_rows(out, person)]
    out.data(msgspec.to_builtins(page), table(headers, rows))
    if page.next is not None:
        out.say(f"下一页：--after {page.next}", f"The next page: --after {page.next}")


def proof_lines(out: Output, proofs: Sequence[PersonProofMessage]) -> list[str]:
    """Returns lines about the identity proofs of a shield's holder; empty if there are none."""
    return list(table(_heads(out), [_proof_row(out, proof) for proof in proofs])) if proofs else []


def _heads(out: Output) -> tuple[str, ...]:
    return (
        ("核验方式", "由谁", "账号", "时间", "状态")
        if out.lang == "zh"
        else ("proven by", "by whom", "account", "when", "state")
    )


def _person_rows(out: Output, person: FiledPersonMessage) -> list[tuple[str, ...]]:
    """Returns one row per proof; only the first contains the person."""
    role = out.pick(*ROLE_NAMES[Role(person.role)]) if person.role in set(Role) else person.role
    who = (person.name, role, person.id_number_masked, str(person.shields))
    proofs = [_proof_row(out, proof) for proof in person.proofs]
    if not proofs:
        return [(*who, out.pick("未核验", "unproven"), "", "", "", "")]
    return [(*(who if proof is proofs[0] else ("",) * len(who)), *proof) for proof in proofs]


def _proof_row(out: Output, proof: PersonProofMessage) -> tuple[str, ...]:
    prover = out.pick(*PROVERS[Way(proof.way)]) if proof.way in set(Way) else proof.actor
    prover_name = proof.actor_name or proof.consented_masked
    state = out.pick(*_STATES[proof.state]) if proof.state in _STATES else proof.state
    until = {"waits": proof.counts_from, "ended": proof.ended_at}.get(proof.state)
    return (
        way_name(out, proof.way),
        prover if prover_name is None else f"{prover} {prover_name}",
        proof.phone_masked,
        shown_time(proof.proven_at),
        state if until is None else f"{state} {shown_time(until)}",
    )


COMMANDS: Final = (people,)
"""Commands of this module, added to the group by command.py."""
