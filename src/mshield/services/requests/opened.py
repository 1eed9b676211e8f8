"""The services of business systems' requests, opened once per process."""

from dataclasses import dataclass

from mshield.keys.authority import Authorities
from mshield.keys.secrets import LookupKey
from mshield.services.log.open_log import Log
from mshield.services.process.events import Events
from mshield.services.process.metrics import Count
from mshield.services.publication.publisher import Publisher
from mshield.services.requests.answer import Answer
from mshield.services.requests.ask import Ask
from mshield.services.requests.evidence import MakeEvidence
from mshield.services.requests.follow import Follow
from mshield.services.requests.my_signatures import MySignatures
from mshield.services.requests.result import MakeResult
from mshield.services.requests.secrets import RequestSecrets
from mshield.settings import Settings
from mshield.store.database.interface import Database


@dataclass(frozen=True, slots=True)
class Requests:
    """A request's way: asked, followed, answered, its result and evidence."""

    secrets: RequestSecrets
    ask: Ask
    follow: Follow
    answer: Answer
    result: MakeResult
    evidence: MakeEvidence
    my_signatures: MySignatures


def open_requests(
    db: Database,
    *,
    lookup: LookupKey,
    authorities: Authorities,
    settings: Settings,
    events: Events,
    count: Count,
    publication: Publisher,
    log: Log,
) -> Requests:
    """`publication` and `log` give what a result proves."""
    secrets = RequestSecrets(lookup)
    ask = Ask(db, settings, events, secrets)
    return Requests(
        secrets=secrets,
        ask=ask,
        follow=Follow(db, secrets, settings),
        answer=Answer(db, events, secrets, count),
        result=MakeResult(ask, authorities, publication),
        evidence=MakeEvidence(db, authorities, publication, log, secrets),
        my_signatures=MySignatures(db),
    )
