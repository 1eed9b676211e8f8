"""A legal person who acts on the shields of an enterprise, without HTTP."""

from mshield.domain.certificates.states import CertificateEvent
from mshield.services.identity.after_reset import WaitAfterReset
from mshield.services.identity.proofs import Proofs
from mshield.services.legal_person.act import ManageShields, Outcome
from mshield.services.legal_person.own_shield import OwnShield
from mshield.services.legal_person.power import PowerAtPortal
from mshield.services.legal_person.proving import ProveAgain
from mshield.services.legal_person.session import LegalPerson, ManagedEnterprise
from mshield.services.requests.own_system import OwnSystem
from mshield.settings import Settings
from tests.support.registration_office import Office
from tests.support.signing import CREDIT_CODE, World


async def report_loss(world: World, numbers: list[str]) -> list[Outcome]:
    """The legal person reports these shields of the world's enterprise lost."""
    settings, now = Settings(), world.clock()
    codes = Office.on(world.db, world.keyring, settings).codes
    own_shield = OwnShield(world.db, OwnSystem(world.db, settings), world.ask)
    power = PowerAtPortal(world.db, WaitAfterReset(world.db, settings), Proofs(world.db, settings))
    manage = ManageShields(world.db, ProveAgain(codes, own_shield, power))
    person = LegalPerson(
        account_id="account",
        name="顾承岳",
        phone="13700003333",
        id_number_hash=b"",
        token_hash=b"",
        expires_at=now + 1,
    )
    enterprise, event = ManagedEnterprise(CREDIT_CODE, "宁波北潮进出口有限公司"), CertificateEvent.REPORT_LOSS
    return await manage.act(person, enterprise, event, numbers, reason="手机丢失", now=now)
