"""The part of `mshield legal-person` about who is on file, and what proved that their accounts are theirs."""

from collections.abc import Sequence
from typing import Final

import click
import msgspec

from mshield.client.portal_messages import FiledPerson, PersonProof
from mshield.commands.legal_person.options import Portal, enterprise_option, portal_command
from mshield.commands.parts.output import Output, table
from mshield.commands.phone.display import shown_time
from mshield.commands.phone.identity import way_name
from mshield.domain.identity import ROLE_NAMES, Role
from mshield.domain.proofs import PROVERS, Way

_STATES: Final = {
    "counts": ("有效", "counts"),
    "waits": ("等候生效", "waits"),
    "ended": ("已结束", "ended"),
    "off": ("不作数", "doesn't count"),
}


@click.command()
@click.option("--name", help="Any part of a name.")
@click.option("--end", help="The end (尾号) of an id, phone or shield number: four characters, more, or all.")
@click.option("--after", help="The `next` of the page before.")
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
    """List who is on file 备案人员, and by which proof, by whom and when each is known to be themselves."""
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


def proof_lines(out: Output, proofs: Sequence[PersonProof]) -> list[str]:
    """What proved that a shield's holder is the person on file; no line where nothing did."""
    return list(table(_heads(out), [_proof_row(out, proof) for proof in proofs])) if proofs else []


def _heads(out: Output) -> tuple[str, ...]:
    return (
        ("核验方式", "由谁", "账号", "时间", "状态")
        if out.lang == "zh"
        else ("proven by", "by whom", "account", "when", "state")
    )


def _person_rows(out: Output, person: FiledPerson) -> list[tuple[str, ...]]:
    """A line for each proof; the person stands in the first."""
    role = out.pick(*ROLE_NAMES[Role(person.role)]) if person.role in set(Role) else person.role
    who = (person.name, role, person.id_number_masked, str(person.shields))
    proofs = [_proof_row(out, proof) for proof in person.proofs]
    if not proofs:
        return [(*who, out.pick("未核验", "unproven"), "", "", "", "")]
    return [(*(who if proof is proofs[0] else ("",) * len(who)), *proof) for proof in proofs]


def _proof_row(out: Output, proof: PersonProof) -> tuple[str, ...]:
    by = out.pick(*PROVERS[Way(proof.way)]) if proof.way in set(Way) else proof.actor
    named = proof.actor_name or proof.consented_masked
    state = out.pick(*_STATES[proof.state]) if proof.state in _STATES else proof.state
    until = {"waits": proof.counts_from, "ended": proof.ended_at}.get(proof.state)
    return (
        way_name(out, proof.way),
        by if named is None else f"{by} {named}",
        proof.phone_masked,
        shown_time(proof.proven_at),
        state if until is None else f"{state} {shown_time(until)}",
    )


COMMANDS: Final = (people,)
"""The commands, for the group that they belong to."""
