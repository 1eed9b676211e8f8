"""What a password's hash costs in the running service; in the other tests it costs as little as it may."""

import importlib.util

from argon2 import PasswordHasher, Type

from mshield.services.accounts import passwords


def test_a_hash_takes_what_rfc_9106_recommends_second() -> None:
    hasher = _as_installed()
    assert (hasher.type, hasher.memory_cost, hasher.time_cost, hasher.parallelism) == (Type.ID, 65_536, 3, 4)
    assert hasher.hash("Demo-declare-2026").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def _as_installed() -> PasswordHasher:
    """The module's own, which the tests' fixture replaces."""
    spec = importlib.util.find_spec(passwords.__name__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    hasher: PasswordHasher = module._HASHER
    return hasher
