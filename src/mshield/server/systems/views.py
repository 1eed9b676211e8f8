"""Views (展示规则) of a business system: one officer submits a view, another checks its rendered samples and approves.

The submitted files are stored with the approval request, whose sealed details contain the digest of each
file. A registered version never changes. One officer can withdraw it, with a reason, for new requests only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.gm.sm3 import sm3
from mshield.server import errors as server_errors
from mshield.server.acts.actor import SERVICE, By, SecondPerson
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.errors import NotFound
from mshield.server.staff.approvals import ApprovableAct, ApprovalRow, Approvals, Question
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rows import members as staff
from mshield.server.systems.errors import ViewAlike
from mshield.server.systems.manage import require_system
from mshield.server.systems.rows import views as store
from mshield.server.systems.rows.views import NewView, ViewFile, ViewRow
from mshield.server.systems.view_drafts import (
    Draft,
    SubmittedView,
    checked_view,
    draft,
    drawn_beside,
    require_distinct_id,
)
from mshield.server.values.lines import checked_reason
from mshield.wire.ids import new_id

ADD: Final = "view.add"
WITHDRAW: Final = "view.withdraw"
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ListedView:
    """Registered version, and the names of its requester and approver (None if registered at the server).

    `state` is `in_force` for the newest of its id, `replaced` for earlier ones, or `withdrawn`.
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

    Its details are `{client_id, system, view, version, title, digest, in_force, samples}`: `in_force` is the
    version that also rendered the samples for comparison, or null; each sample has name and digest.
    """

    def act(self) -> ApprovableAct:
        """Returns the approvable act, which has a request call of its own, with the files."""
        return ApprovableAct(ADD, None, self._do)

    async def _do(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        details, client_id = approval.details, approval.details["client_id"]
        files = await requested_files(tx, approval)
        in_force = await store.newest(tx, client_id=client_id, view_id=details["view"])
        if (None if in_force is None else in_force.version) != details["in_force"]:
            raise server_errors.Conflict
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
    """Draws, submits, shows and withdraws views."""

    db: Database
    approvals: Approvals

    async def find(self, client_id: str, digest: bytes) -> ViewRow:
        """Returns the version with this SM3. Raises: NotFound."""
        await require_system(self.db, client_id)
        row = await store.find_digest(self.db, client_id=client_id, digest=digest)
        if row is None:
            raise NotFound
        return row

    async def draft(self, client_id: str, handed_in: SubmittedView) -> Draft:
        """Draws a draft, including samples that can't be drawn; changes nothing.

        Raises: NotFound, and as `draft`.
        """
        await require_system(self.db, client_id)
        return await draft(self.db, client_id, handed_in)

    async def hand_in(
        self, member: StaffMember, client_id: str, handed_in: SubmittedView, *, reason: str, now: int
    ) -> ApprovalRow:
        """Submits a view and returns the request for another officer's approval.

        Raises: Forbidden, ApprovalWaiting, NotFound, ViewFailed (also for a sample), ViewUnseen,
        ViewVersionWrong, InvalidRequest.
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
            "samples": [{"name": sample.name, "digest": sample.digest} for sample in drawn.samples],
        }
        question = Question(
            id=new_id(now), act=ADD, subject=f"{client_id} {view.id}", details=details, reason=why
        )
        files = [ViewFile("", view.octets), *handed_in.samples]

        async def keep(tx: Tx) -> None:
            await store.put_files(tx, approval_id=question.id, files=files)

        return await self.approvals.put(member, question, also=keep, now=now)

    async def proposed(self, approval: ApprovalRow) -> Draft:
        """Returns the draft of an approval request, drawn next to the version in force at the time.

        Raises: NotFound, Conflict.
        """
        details = approval.details
        if approval.act != ADD:
            raise NotFound
        view, *samples = await requested_files(self.db, approval)
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
        """Withdraws a version, so that no new request can use it. Raises: NotFound, Conflict (already withdrawn)."""
        row = await self.find(client_id, digest)
        await withdraw_view(self.db, client_id, row.view_id, row.version, reason=reason, by=by, now=now)


async def list_views(db: Database, client_id: str) -> list[ListedView]:
    """Returns all versions of a system's views by id, newest first. Raises: NotFound."""
    await require_system(db, client_id)
    rows = await store.list_all(db, client_id=client_id)
    names = {member.id: member.name for member in (await staff.list_intact(db))[0]} if rows else {}
    versions, newest = [], set[str]()
    for row in rows:
        view = checked_view(row.octets)
        state = "withdrawn" if row.withdrawn_at else "replaced" if row.view_id in newest else "in_force"
        newest.add(row.view_id)
        people = (names.get(row.asked_by or ""), names.get(row.approved_by or ""))
        versions.append(ListedView(row, view.title, view.content, state, *people))
    return versions


async def requested_files(db: Database | Tx, approval: ApprovalRow) -> list[ViewFile]:
    """Returns view and samples of an approval request.

    Raises: NotFound (the request has ended without effect), Conflict (the files differ from the request).
    """
    files = await store.files_of(db, approval_id=approval.id)
    if not files:
        raise NotFound
    details = approval.details
    expected = [("", details["digest"])] + [
        (sample["name"], sample["digest"]) for sample in details["samples"]
    ]
    if [(file.name, sm3(file.content).hex()) for file in files] != expected:
        raise server_errors.Conflict
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
    """Registers the next version of a view, and records the act with `more`. Raises: Conflict, ViewFailed."""
    view = checked_view(octets)
    try:
        await require_system(tx, client_id)
    except NotFound as error:
        raise server_errors.Conflict from error
    last = await store.last_version(tx, client_id=client_id, view_id=view.id)
    if view.version != last + 1:
        raise server_errors.Conflict
    if last == 0:
        try:  # one that looks the same may have been registered since this one was submitted
            await require_distinct_id(tx, client_id, view.id)
        except ViewAlike as error:
            raise server_errors.Conflict from error
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
    db: Database, client_id: str, handed_in: SubmittedView, *, second_person: SecondPerson, now: int
) -> Draft:
    """Registers a view at the server, after two people have seen the samples drawn; the act names the second one.

    Raises: NotFound, Conflict, ViewFailed (also for a sample), ViewUnseen, ViewVersionWrong, InvalidRequest.
    """
    await require_system(db, client_id)
    drawn = await draft(db, client_id, handed_in)
    drawn.require_drawn()
    samples = [{"name": sample.name, "digest": sample.digest} for sample in drawn.samples]
    more = {**second_person.details, "samples": samples}
    try:
        await db.write(lambda tx: register_in(tx, client_id, drawn.view.octets, more=more, now=now))
    except Conflict as error:
        raise server_errors.Conflict from error
    return drawn


async def withdraw_view(
    db: Database, client_id: str, view_id: str, version: int, *, reason: str, by: By = SERVICE, now: int
) -> None:
    """Withdraws a version, so that no new request can use it. No earlier version is in force again.

    Raises: NotFound, Conflict (already withdrawn), InvalidRequest (no reason).
    """
    why = checked_reason(reason)

    async def work(tx: Tx) -> None:
        await require_system(tx, client_id)
        row = await store.find(tx, client_id=client_id, view_id=view_id, version=version)
        if row is None:
            raise NotFound
        if not await store.withdraw(tx, view_row_id=row.id, now=now):
            raise server_errors.Conflict
        details = {"view": view_id, "version": version, "digest": row.digest.hex(), "reason": why}
        await acts.record(tx, by=by, act=WITHDRAW, subject=client_id, details=details, now=now)

    await db.write(work)
