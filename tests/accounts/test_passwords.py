"""The cost of a password hash in the running service; in other tests it is minimal."""

import importlib.util

from argon2 import PasswordHasher, Type

from mshield.server.accounts import passwords


def test_hash_uses_the_second_recommendation_of_rfc_9106() -> None:
    hasher = _as_installed()
    assert (hasher.type, hasher.memory_cost, hasher.time_cost, hasher.parallelism) == (Type.ID, 65_536, 3, 4)
    assert hasher.hash("Demo-declare-2026").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def _as_installed() -> PasswordHasher:
    """The module's own hasher, which the tests' fixture replaces."""
    spec = importlib.util.find_spec(passwords.__name__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    hasher: PasswordHasher = module._HASHER
    return hasher
