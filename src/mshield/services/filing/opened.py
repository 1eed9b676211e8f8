"""The services of the filing (备案), opened once per process."""

from dataclasses import dataclass

from mshield.gateways.filing_source import FiledTable, FilingSource, HttpFilingSource
from mshield.services.filing.import_list import ImportFiling
from mshield.services.filing.look_up import LookUpFiling
from mshield.services.filing.people import FiledPeople
from mshield.services.filing.progress import ImportProgress
from mshield.services.filing.proposals import LegalPersons
from mshield.services.filing.refresh import RefreshFiling
from mshield.services.filing.search import FindFiled
from mshield.services.filing.search_words import KeepSearchWords
from mshield.services.ground import Ground
from mshield.settings import Settings


@dataclass(frozen=True, slots=True)
class Filing:
    """Who is on file: imported, shown, looked up for who applies, and kept true."""

    import_list: ImportFiling
    progress: ImportProgress
    legal_persons: LegalPersons
    people: FiledPeople
    search: FindFiled
    look_up: LookUpFiling
    refresh: RefreshFiling
    search_words: KeepSearchWords


def open_filing(ground: Ground) -> Filing:
    """Looks people up in the outside filing system of the settings, or else in the imported lists."""
    import_list = ImportFiling(ground.db, ground.keyring, ground.lookup)
    look_up = LookUpFiling(_source(ground.settings, import_list), import_list)
    return Filing(
        import_list=import_list,
        progress=ImportProgress(ground.events),
        legal_persons=LegalPersons(ground.db, ground.keyring, ground.lookup, import_list),
        people=FiledPeople(ground.db, ground.keyring, ground.lookup),
        search=FindFiled(ground.db, ground.keyring, ground.lookup),
        look_up=look_up,
        refresh=RefreshFiling(ground.db, ground.keyring, ground.settings, look_up),
        search_words=KeepSearchWords(ground.db, ground.keyring, ground.lookup),
    )


def _source(settings: Settings, filing: ImportFiling) -> FilingSource:
    if settings.filing_source_url is None:
        return FiledTable(filing.db, filing.hash_id_number)
    secret = settings.filing_source_secret
    return HttpFilingSource(
        settings.filing_source_url,
        "" if secret is None else secret.get_secret_value(),
        settings.filing_source_seconds,
    )
