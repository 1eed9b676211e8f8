"""`mshield verify ARCHIVE --request ID`: the evidence bundle of a signature, read straight from a month's archive.

The archive is read by itself, and the bundle is then verified like any other.
"""

from mshield.cli.parts.output import Output, Refused, refusing
from mshield.cli.verify.in_archive import InArchive


def archived_bundle(out: Output, which: InArchive) -> bytes:
    """Builds the evidence bundle from the file, which must match its manifest if that is next to it.

    Raises: Refused.
    """
    from mshield.server.errors import DomainError
    from mshield.server.retention.archive.files import ArchiveError
    from mshield.server.retention.archive.offline_proofs import bundle_alone, require_manifest

    with refusing(out, DomainError):
        try:
            require_manifest(which.file)
            return bundle_alone(which.file, which.request_id, which.document).encode()
        except ArchiveError as error:
            raise Refused(out.pick(error.zh, error.en), code=error.code, as_json=out.json) from error
