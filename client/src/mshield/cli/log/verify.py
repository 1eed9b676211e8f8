"""`mshield log verify`: checks the log against its database or its past, or that an entry is in it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from mshield.cli.log.shared import (
    FILE,
    KEY_OPTION,
    URL_OPTION,
    Sid,
    checkpoint_data,
    database_part,
    entry_data,
    entry_lines,
    note_in,
    outside,
    place_of,
    size_line,
)
from mshield.cli.parts.output import Output, Refused, output_options, refusing
from mshield.client.errors import ClientError
from mshield.client.follow import follow, read_state, write_state
from mshield.client.log import InclusionProof, LogReader, VerifierKey, open_checkpoint, parse_proof
from mshield.pki.errors import LogError
from mshield.pki.tlog.act_proof import ActProof, is_act_proof, parse_act_proof
from mshield.pki.tlog.compact import Followed
from mshield.pki.tlog.entry import SignatureEntry


@click.command()
@click.option("--since", type=FILE, help="An earlier checkpoint: the log must be a continuation of it.")
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Store in this file how far the log was checked, and check only what is new.",
)
@click.option(
    "--resume",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Store in this file how far a full check is, and continue there after an interruption.",
)
@click.option(
    "--processes",
    type=click.IntRange(min=1, max=256),
    help="Number of parallel processes; by default the number of cores, eight at most.",
)
@click.option(
    "--archive",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Also compare the rows in this folder's archives, which are no longer in the database.",
)
@click.option("--sid", type=Sid(), help="With --url: the signature of this document must be in the log.")
@click.option("--index", type=click.IntRange(min=0), help="With --url: there must be an entry at this index.")
@click.option(
    "--proof",
    type=FILE,
    help="Check this proof, or that of an act from the console, offline; needs only --key.",
)
@click.option("--act", help="With --proof of an archive of acts (mshield archive): this act must be in it.")
@URL_OPTION
@KEY_OPTION
@output_options
@click.pass_context
def verify(
    context: click.Context,
    out: Output,
    *,
    since: Path | None,
    state: Path | None,
    resume: Path | None,
    processes: int | None,
    archive: Path | None,
    sid: bytes | None,
    index: int | None,
    proof: Path | None,
    act: str | None,
    url: str | None,
    key: str | None,
) -> None:
    """Check the log: against its database, against its past, or that an entry is in it. Exit code 1 if it fails.

    Without --url and --proof every row behind the log, all tiles and the checkpoint are compared, and each
    mismatching row is listed. With --url the log's signature is checked, and whatever the other options
    request.

    With --state only entries added since the last run are read (all at the first run), and proven to follow
    those checked before; on the database they are compared with their rows, while older rows and seals aren't
    checked. An interrupted run continues where it stopped. A full check does so with --resume, and uses
    several processes.
    """
    asked = DatabaseCheck(since, state, resume, processes, archive)
    asked.require_fitting(from_elsewhere=(url, proof) != (None, None), of_one=(sid, index) != (None, None))
    if act is not None and proof is None:
        raise click.UsageError("--act needs --proof of an archive of acts.")
    if proof is not None:
        if key is None or (url, since, state) != (None, None, None):
            raise click.UsageError("--proof can be combined only with --key.")
        _verify_proof(out, proof, act, sid, key)
    elif (from_outside := outside(url, key)) is not None and state is not None:
        _follow(out, from_outside, state)
    elif from_outside is not None:
        _verify_outside(out, from_outside, since, sid, index)
    elif (sid, index) != (None, None):
        raise click.UsageError("--sid and --index need --url, or --proof.")
    else:
        database_part(out).verify(context, out, asked)


def _verify_proof(out: Output, file: Path, act: str | None, sid: bytes | None, key: str) -> None:
    with refusing(out, LogError):
        logged = _proof_in(out, file, act).check(VerifierKey.parse(key))
    if sid is not None and not (isinstance(logged.entry, SignatureEntry) and logged.entry.sid == sid):
        raise Refused(
            out.pick("此证明属于另一个签名", "the proof belongs to another signature"),
            code="bad_log_proof",
            as_json=out.json,
        )
    out.data(entry_data(logged), entry_lines(out, logged))


def _proof_in(out: Output, file: Path, act: str | None) -> ActProof | InclusionProof:
    if act is not None:
        archived: ActProof = database_part(out).archived_act(out, file, act)
        return archived
    content = file.read_bytes()
    return parse_act_proof(content) if is_act_proof(content) else parse_proof(content)


def _follow(out: Output, where: tuple[str, str], file: Path) -> None:
    with refusing(out, ClientError, LogError, OSError), LogReader(*where) as reader:
        before = read_state(file, reader.key)
        noted, _ = follow(reader, before, keep=keeping(file))
    read = noted.checkpoint.size - before.seen.size
    lines = [
        size_line(out, noted.checkpoint.size),
        out.pick(
            f"读了新增的 {read} 个条目，它们接在此前核对过的条目之后",
            f"{read} new entries were read, and continue those that were checked before",
        ),
    ]
    out.data({**checkpoint_data(noted), "read": read}, lines)


def keeping(file: Path) -> Callable[[Followed], None]:
    """Returns a callback that writes each state to the file and prints how many entries it covers."""

    def keep(state: Followed) -> None:
        write_state(file, state)
        click.echo(f"{state.seen.size}", err=True)

    return keep


def _verify_outside(
    out: Output, where: tuple[str, str], since: Path | None, sid: bytes | None, index: int | None
) -> None:
    with refusing(out, ClientError, LogError), LogReader(*where) as reader:
        noted = reader.checkpoint()
        reader.check_root(noted.checkpoint)
        if since is not None:
            reader.check_grown(open_checkpoint(note_in(since), reader.key), noted.checkpoint)
        logged = None
        if sid is not None or index is not None:
            place = place_of(out, reader, noted, sid, index)
            logged = reader.prove(place, noted).check(reader.key)
    data = {**checkpoint_data(noted), "since": since is not None, "entry": logged and entry_data(logged)}
    lines = [size_line(out, noted.checkpoint.size)]
    if since is not None:
        lines.append(out.pick("自旧检查点以来只增未改", "It continues the log of the earlier checkpoint"))
    out.data(data, [*lines, *(entry_lines(out, logged) if logged else [])])


@dataclass(frozen=True, slots=True)
class DatabaseCheck:
    """Options of `mshield log verify` that select what is checked in the database."""

    since: Path | None
    state: Path | None
    resume: Path | None
    processes: int | None
    archive: Path | None

    @property
    def is_of_database(self) -> bool:
        """Whether an option is set that applies only to the database."""
        return (self.resume, self.processes, self.archive) != (None, None, None)

    def require_fitting(self, *, from_elsewhere: bool, of_one: bool) -> None:
        """Checks that the options can be combined. Raises: UsageError.

        `from_elsewhere`: the log isn't read from the database; `of_one`: only one entry is checked.
        """
        if self.is_of_database and from_elsewhere:
            raise click.UsageError("--resume, --processes and --archive are for the database.")
        if self.state is not None and self.resume is not None:
            raise click.UsageError("Give either --state or --resume.")
        if self.state is not None and (self.since is not None or of_one):
            raise click.UsageError("--state can't be combined with --since, --sid or --index.")
