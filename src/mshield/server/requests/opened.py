"""Services for business systems' requests, created once per process."""

from dataclasses import dataclass

from mshield.server.ground import Ground
from mshield.server.identity.consents import Consents
from mshield.server.log.open_log import Log
from mshield.server.notices.push import Push
from mshield.server.publication.publisher import Publisher
from mshield.server.requests.answer import Answer
from mshield.server.requests.ask import Ask
from mshield.server.requests.ask_consent import AskConsent
from mshield.server.requests.checkpoint_stamps import StampCheckpoints
from mshield.server.requests.claim import ClaimScan
from mshield.server.requests.drawing import DrawDocuments
from mshield.server.requests.evidence import MakeEvidence
from mshield.server.requests.follow import Follow
from mshield.server.requests.my_signatures import MySignatures
from mshield.server.requests.own_system import OwnSystem
from mshield.server.requests.prepare import PreparePdfs
from mshield.server.requests.result import MakeResult
from mshield.server.requests.secrets import RequestSecrets
from mshield.server.requests.time_stamps import StampSignatures
from mshield.server.requests.view_registration import ProveView


@dataclass(frozen=True, slots=True)
class Requests:
    """Services along a request's life: creation, status, answer, result, evidence."""

    secrets: RequestSecrets
    drawing: DrawDocuments
    view_registration: ProveView
    ask: Ask
    ask_consent: AskConsent
    own_system: OwnSystem
    follow: Follow
    claim: ClaimScan
    answer: Answer
    result: MakeResult
    evidence: MakeEvidence
    my_signatures: MySignatures
    time_stamps: StampSignatures
    checkpoint_stamps: StampCheckpoints


def open_requests(
    ground: Ground, log: Log, publication: Publisher, consents: Consents, push: Push
) -> Requests:
    """Creates the request services.

    `consents` checks which shield may give which consent; `push` wakes the phone of the addressed shield.
    """
    secrets = RequestSecrets(ground.lookup)
    drawing = DrawDocuments(ground.db)
    ask = Ask(ground.db, ground.settings, ground.events, secrets, drawing, push)
    prepare = PreparePdfs(ground.db, ground.settings)
    own_system = OwnSystem(ask)
    stamps = StampSignatures(
        ground.db, ground.engine, ground.settings.time_stamps, publication.time_stamps, ground.clock
    )
    return Requests(
        secrets=secrets,
        drawing=drawing,
        view_registration=ProveView(log),
        ask=ask,
        ask_consent=AskConsent(ground.db, own_system, consents.proofs),
        own_system=own_system,
        follow=Follow(ground.db, secrets, ground.settings.site),
        claim=ClaimScan(ground.db, secrets),
        answer=Answer(ground.db, ground.events, secrets, consents, prepare, ground.count),
        result=MakeResult(ask, ground.chains, publication, ground.settings.time_stamps),
        evidence=MakeEvidence(ground.db, ground.chains, publication, log, secrets),
        my_signatures=MySignatures(ground.db),
        time_stamps=stamps,
        checkpoint_stamps=StampCheckpoints(stamps, log),
    )
