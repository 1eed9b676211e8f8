"""A legal representative who acts on shields of their enterprise, without HTTP."""

from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.identity.after_reset import WaitAfterReset
from mshield.server.identity.proofs import Proofs
from mshield.server.legal_person.act import ManageShields, Outcome
from mshield.server.legal_person.own_shield import OwnShield
from mshield.server.legal_person.power import PowerAtPortal
from mshield.server.legal_person.proving import ProveAgain
from mshield.server.legal_person.session import LegalPerson, ManagedEnterprise
from mshield.server.requests.own_system import OwnSystem
from mshield.server.settings.settings import Settings
from tests.support.registration_office import Office
from tests.support.signing import CREDIT_CODE, World


async def report_loss(world: World, numbers: list[str]) -> list[Outcome]:
    """Reports these shields of the world's enterprise lost, as the legal representative."""
    settings, now = Settings(), world.clock()
    codes = Office.on(world.db, world.keyring, settings).codes
    own_shield = OwnShield(world.db, OwnSystem(world.ask))
    power = PowerAtPortal(
        world.db, WaitAfterReset(world.db, settings.identity), Proofs(world.db, settings.identity)
    )
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
