"""Filing (备案) services, created once per process."""

from dataclasses import dataclass

from mshield.server.filing.external.source import FiledTable, FilingSource, HttpFilingSource
from mshield.server.filing.import_list import ImportFiling
from mshield.server.filing.look_up import LookUpFiling
from mshield.server.filing.people import FiledPeople
from mshield.server.filing.phone_wait import FiledPhoneWait
from mshield.server.filing.progress import ImportProgress
from mshield.server.filing.proposals import LegalPersons
from mshield.server.filing.refresh import RefreshFiling
from mshield.server.filing.search import FindFiled
from mshield.server.filing.search_words import KeepSearchWords
from mshield.server.ground import Ground
from mshield.server.settings.settings import Settings


@dataclass(frozen=True, slots=True)
class Filing:
    """Services for the people on file: import, display, lookup of applicants, updates."""

    import_list: ImportFiling
    progress: ImportProgress
    legal_persons: LegalPersons
    people: FiledPeople
    phone_wait: FiledPhoneWait
    search: FindFiled
    look_up: LookUpFiling
    refresh: RefreshFiling
    search_words: KeepSearchWords


def open_filing(ground: Ground) -> Filing:
    """Creates the services.

    People are looked up in the configured outside filing system, or else in the imported lists.
    """
    import_list = ImportFiling(ground.db, ground.keyring, ground.lookup)
    look_up = LookUpFiling(_source(ground.settings, import_list), import_list)
    return Filing(
        import_list=import_list,
        progress=ImportProgress(ground.events),
        legal_persons=LegalPersons(ground.db, ground.keyring, ground.lookup, import_list),
        people=FiledPeople(ground.db, ground.keyring, ground.lookup),
        phone_wait=FiledPhoneWait(ground.db),
        search=FindFiled(ground.db, ground.keyring, ground.lookup),
        look_up=look_up,
        refresh=RefreshFiling(ground.db, ground.keyring, ground.settings.filing, look_up),
        search_words=KeepSearchWords(ground.db),
    )


def _source(settings: Settings, filing: ImportFiling) -> FilingSource:
    if settings.filing.source_url is None:
        return FiledTable(filing.db, filing.hash_id_number)
    secret = settings.filing.source_secret
    return HttpFilingSource(
        settings.filing.source_url,
        "" if secret is None else secret.get_secret_value(),
        settings.filing.source_seconds,
    )
