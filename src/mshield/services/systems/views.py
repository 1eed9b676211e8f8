"""Views (展示规则) of a business system: one officer hands one in, another sees its samples drawn and approves.

What was handed in is kept with the question, whose sealed details have the digest of each file. A registered version
never changes; one officer withdraws it, with a reason, for new requests only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.domain import errors
from mshield.domain.actor import SERVICE, By
from mshield.domain.ids import new_id
from mshield.domain.lines import checked_reason
from mshield.gm.sm3 import sm3
from mshield.services.staff.approvals import ApprovableAct, ApprovalRow, Approvals, Question
from mshield.services.staff.members import StaffMember
from mshield.services.systems.manage import require_system
from mshield.services.systems.view_drafts import Draft, HandedIn, checked_view, draft, drawn_beside
from mshield.store.database.interface import Conflict, Database, Tx
from mshield.store.staff import acts
from mshield.store.staff import members as staff
from mshield.store.systems import views as store
from mshield.store.systems.views import NewView, ViewFile, ViewRow

ADD: Final = "view.add"
WITHDRAW: Final = "view.withdraw"
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ListedView:
    """A registered version, and the names of who asked for and approved it, None of the server.

    `state` is `in_force` for the newest of its id, `replaced` for others that may still be named, or `withdrawn`.
    """

    view: ViewRow
    title: str
    content: str
    state: str
    asked_by_name: str | None
    approved_by_name: str | None


@dataclass(frozen=True, slots=True)
class ApproveViews:
    """The act `view.add`, for `Approvals`.

    Its details are `{client_id, system, view, version, title, digest, in_force, samples}`: `in_force` is the version
    that the samples were drawn beside, or null; `samples` have name and digest each.
    """

    def act(self) -> ApprovableAct:
        """It is asked in its own way, with the files."""
        return ApprovableAct(ADD, None, self._do)

    async def _do(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        details, client_id = approval.details, approval.details["client_id"]
        files = await files_as_asked(tx, approval)
        in_force = await store.newest(tx, client_id=client_id, view_id=details["view"])
        if (None if in_force is None else in_force.version) != details["in_force"]:
            raise errors.Conflict
        await register_in(
            tx,
            client_id,
            files[0].content,
            more={"approval": approval.id, "asked_by": approval.asked_by},
            approval=approval,
            approved_by=by,
            now=now,
        )
        return {}


@dataclass(frozen=True, slots=True)
class Views:
    """Draws and hands in new ones, shows what was handed in, withdraws."""

    db: Database
    approvals: Approvals

    async def find(self, client_id: str, digest: bytes) -> ViewRow:
        """The version with this SM3. Raises NotFound."""
        await require_system(self.db, client_id)
        row = await store.find_digest(self.db, client_id=client_id, digest=digest)
        if row is None:
            raise errors.NotFound
        return row

    async def draft(self, client_id: str, handed_in: HandedIn) -> Draft:
        """What would be handed in, drawn, also what can't be. Changes nothing. Raises NotFound, and as `draft`."""
        await require_system(self.db, client_id)
        return await draft(self.db, client_id, handed_in)

    async def hand_in(
        self, member: StaffMember, client_id: str, handed_in: HandedIn, *, reason: str, now: int
    ) -> ApprovalRow:
        """The question that waits for another officer.

        Raises Forbidden, ApprovalWaiting, NotFound, ViewFailed also for a sample, ViewVersionWrong, InvalidRequest.
        """
        self.approvals.require_asker(member, ADD)
        why, system = checked_reason(reason), await require_system(self.db, client_id)
        drawn = await draft(self.db, client_id, handed_in)
        drawn.require_drawn()
        view, in_force = drawn.view, drawn.in_force
        details = {
            "client_id": client_id,
            "system": system.name,
            "view": view.id,
            "version": view.version,
            "title": view.title,
            "digest": view.digest.hex(),
            "in_force": None if in_force is None else in_force.version,
            "samples": [{"name": sample.name, "digest": sample.digest.hex()} for sample in drawn.samples],
        }
        question = Question(
            id=new_id(now), act=ADD, subject=f"{client_id} {view.id}", details=details, reason=why
        )
        files = [ViewFile("", view.octets), *handed_in.samples]

        async def keep(tx: Tx) -> None:
            await store.put_files(tx, approval_id=question.id, files=files)

        return await self.approvals.put(member, question, also=keep, now=now)

    async def proposed(self, approval: ApprovalRow) -> Draft:
        """What a question is about, drawn beside the version that was in force then. Raises NotFound, Conflict."""
        details = approval.details
        if approval.act != ADD:
            raise errors.NotFound
        view, *samples = await files_as_asked(self.db, approval)
        in_force = None
        if details["in_force"] is not None:
            in_force = await store.find(
                self.db,
                client_id=details["client_id"],
                view_id=details["view"],
                version=details["in_force"],
            )
        return await drawn_beside(checked_view(view.content), in_force, samples)

    async def withdraw(self, client_id: str, digest: bytes, *, reason: str, by: By, now: int) -> None:
        """No new request takes this version from now on. Raises NotFound, Conflict where it is withdrawn already."""
        row = await self.find(client_id, digest)
        await withdraw_view(self.db, client_id, row.view_id, row.version, reason=reason, by=by, now=now)


async def list_views(db: Database, client_id: str) -> list[ListedView]:
    """All versions of a system's views by id, the newest first. Raises NotFound."""
    await require_system(db, client_id)
    rows = await store.list_all(db, client_id=client_id)
    names = {member.id: member.name for member in await staff.list_all(db)} if rows else {}
    listed, newest = [], set[str]()
    for row in rows:
        view = checked_view(row.octets)
        state = "withdrawn" if row.withdrawn_at else "replaced" if row.view_id in newest else "in_force"
        if state == "in_force":
            newest.add(row.view_id)
        people = (names.get(row.asked_by or ""), names.get(row.approved_by or ""))
        listed.append(ListedView(row, view.title, view.content, state, *people))
    return listed


async def files_as_asked(db: Database | Tx, approval: ApprovalRow) -> list[ViewFile]:
    """View and samples of a question. Raises NotFound where it came to nothing, Conflict where they are others."""
    files = await store.files_of(db, approval_id=approval.id)
    if not files:
        raise errors.NotFound
    details = approval.details
    asked = [("", details["digest"])] + [(sample["name"], sample["digest"]) for sample in details["samples"]]
    if [(file.name, sm3(file.content).hex()) for file in files] != asked:
        raise errors.Conflict
    return files


async def register_in(
    tx: Tx,
    client_id: str,
    octets: bytes,
    *,
    more: Json,
    approval: ApprovalRow | None = None,
    approved_by: StaffMember | None = None,
    now: int,
) -> NewView:
    """Registers the next version of a view, and records the act with `more`. Raises Conflict, ViewFailed."""
    view = checked_view(octets)
    try:
        await require_system(tx, client_id)
    except errors.NotFound as error:
        raise errors.Conflict from error
    if view.version != await store.last_version(tx, client_id=client_id, view_id=view.id) + 1:
        raise errors.Conflict
    new = NewView(
        id=new_id(now),
        client_id=client_id,
        view_id=view.id,
        version=view.version,
        digest=view.digest,
        octets=view.octets,
        approval_id=None if approval is None else approval.id,
        asked_by=None if approval is None else approval.asked_by,
        approved_by=None if approved_by is None else approved_by.id,
        at=now,
    )
    await store.insert(tx, new)
    details = {"view": view.id, "version": view.version, "digest": view.digest.hex(), **more}
    by = SERVICE if approved_by is None else approved_by.by
    await acts.record(tx, by=by, act=ADD, subject=client_id, details=details, now=now)
    return new


async def register_view(
    db: Database, client_id: str, handed_in: HandedIn, *, second_person: str, now: int
) -> Draft:
    """Registers it at the server, where two people have seen the samples drawn; the act names the second.

    Raises NotFound, Conflict, ViewFailed also for a sample, ViewVersionWrong, InvalidRequest.
    """
    await require_system(db, client_id)
    drawn = await draft(db, client_id, handed_in)
    drawn.require_drawn()
    samples = [{"name": sample.name, "digest": sample.digest.hex()} for sample in drawn.samples]
    more = {"second_person": second_person, "samples": samples}
    try:
        await db.write(lambda tx: register_in(tx, client_id, drawn.view.octets, more=more, now=now))
    except Conflict as error:
        raise errors.Conflict from error
    return drawn


async def withdraw_view(
    db: Database, client_id: str, view_id: str, version: int, *, reason: str, by: By = SERVICE, now: int
) -> None:
    """No new request takes this version from now on.

    Raises NotFound, Conflict where it is withdrawn already, InvalidRequest without a reason.
    """
    why = checked_reason(reason)

    async def work(tx: Tx) -> None:
        await require_system(tx, client_id)
        row = await store.find(tx, client_id=client_id, view_id=view_id, version=version)
        if row is None:
            raise errors.NotFound
        if not await store.withdraw(tx, view_row_id=row.id, now=now):
            raise errors.Conflict
        details = {"view": view_id, "version": version, "digest": row.digest.hex(), "reason": why}
        await acts.record(tx, by=by, act=WITHDRAW, subject=client_id, details=details, now=now)

    await db.write(work)
