"""The services of business systems' requests, opened once per process."""

from dataclasses import dataclass

from mshield.services.ground import Ground
from mshield.services.identity.consents import Consents
from mshield.services.notices.push import Push
from mshield.services.requests.answer import Answer
from mshield.services.requests.ask import Ask
from mshield.services.requests.ask_consent import AskConsent
from mshield.services.requests.checkpoint_stamps import StampCheckpoints
from mshield.services.requests.codes.claim import ClaimScan
from mshield.services.requests.drawing import DrawDocuments
from mshield.services.requests.evidence import MakeEvidence
from mshield.services.requests.follow import Follow
from mshield.services.requests.my_signatures import MySignatures
from mshield.services.requests.own_system import OwnSystem
from mshield.services.requests.prepare import PreparePdfs
from mshield.services.requests.result import MakeResult
from mshield.services.requests.secrets import RequestSecrets
from mshield.services.requests.time_stamps import StampSignatures
from mshield.services.requests.view_registration import ProveView


@dataclass(frozen=True, slots=True)
class Requests:
    """A request's way: asked, followed, answered, its result and evidence."""

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


def open_requests(ground: Ground, consents: Consents, push: Push) -> Requests:
    """`consents` says which shield may consent to what; `push` wakes the phone that is asked."""
    secrets = RequestSecrets(ground.lookup)
    drawing = DrawDocuments(ground.db)
    ask = Ask(ground.db, ground.settings, ground.events, secrets, drawing, push)
    prepare = PreparePdfs(ground.db, ground.settings)
    own_system = OwnSystem(ground.db, ground.settings)
    stamps = StampSignatures(
        ground.db, ground.engine, ground.settings, ground.publication.time_stamps, ground.clock
    )
    return Requests(
        secrets=secrets,
        drawing=drawing,
        view_registration=ProveView(ground.log),
        ask=ask,
        ask_consent=AskConsent(ground.db, ask, own_system, consents.proofs),
        own_system=own_system,
        follow=Follow(ground.db, secrets, ground.settings),
        claim=ClaimScan(ground.db, secrets),
        answer=Answer(ground.db, ground.events, secrets, consents, prepare, ground.count),
        result=MakeResult(ask, ground.authorities, ground.publication, ground.settings),
        evidence=MakeEvidence(ground.db, ground.authorities, ground.publication, ground.log, secrets),
        my_signatures=MySignatures(ground.db),
        time_stamps=stamps,
        checkpoint_stamps=StampCheckpoints(stamps, ground.log),
    )
