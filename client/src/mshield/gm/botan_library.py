"""Finds Botan ≥ 3.12 at run time and declares the functions used of its C interface.

Each thread gets its own handles, so that no lock is needed.
"""

import ctypes
import ctypes.util
import threading
from collections.abc import Iterator
from typing import Any, Final

from cffi import FFI

from mshield.gm.errors import EngineFailure, EngineUnavailable

MINIMUM: Final = (3, 12)
CURVE: Final = b"sm2p256v1"

DECLARATIONS: Final = """
typedef struct botan_rng_struct* botan_rng_t;
typedef struct botan_mp_struct* botan_mp_t;
typedef struct botan_hash_struct* botan_hash_t;
typedef struct botan_privkey_struct* botan_privkey_t;
typedef struct botan_pubkey_struct* botan_pubkey_t;
typedef struct botan_pk_op_verify_struct* botan_pk_op_verify_t;
typedef struct botan_ec_group_struct* botan_ec_group_t;
typedef struct botan_ec_scalar_struct* botan_ec_scalar_t;
typedef struct botan_ec_point_struct* botan_ec_point_t;
typedef int (*botan_view_bin_fn)(void* ctx, const uint8_t* data, size_t len);

uint32_t botan_version_major(void);
uint32_t botan_version_minor(void);
uint32_t botan_version_patch(void);
const char* botan_error_description(int code);

int botan_rng_init(botan_rng_t* rng, const char* type);
int botan_rng_destroy(botan_rng_t rng);
int botan_mp_init(botan_mp_t* mp);
int botan_mp_destroy(botan_mp_t mp);
int botan_mp_clear(botan_mp_t mp);
int botan_mp_from_bin(botan_mp_t mp, const uint8_t bin[], size_t len);
int botan_hash_init(botan_hash_t* hash, const char* name, uint32_t flags);
int botan_hash_update(botan_hash_t hash, const uint8_t in[], size_t len);
int botan_hash_final(botan_hash_t hash, uint8_t out[]);
int botan_hash_destroy(botan_hash_t hash);

int botan_privkey_load_ecdh(botan_privkey_t* key, botan_mp_t scalar, const char* curve);
int botan_pk_op_key_agreement_export_public(botan_privkey_t key, uint8_t out[], size_t* out_len);
int botan_privkey_destroy(botan_privkey_t key);

int botan_pubkey_load_sm2_sec1(botan_pubkey_t* key, const uint8_t sec1[], size_t len, const char* curve);
int botan_pubkey_destroy(botan_pubkey_t key);
int botan_pk_op_verify_create(botan_pk_op_verify_t* op, botan_pubkey_t key,
                              const char* padding, uint32_t flags);
int botan_pk_op_verify_update(botan_pk_op_verify_t op, const uint8_t in[], size_t len);
int botan_pk_op_verify_finish(botan_pk_op_verify_t op, const uint8_t signature[], size_t len);
int botan_pk_op_verify_destroy(botan_pk_op_verify_t op);

int botan_ec_group_from_name(botan_ec_group_t* group, const char* name);
int botan_ec_group_destroy(botan_ec_group_t group);
int botan_ec_scalar_from_mp(botan_ec_scalar_t* scalar, botan_ec_group_t group, botan_mp_t mp);
int botan_ec_scalar_destroy(botan_ec_scalar_t scalar);
int botan_ec_point_from_bytes(botan_ec_point_t* point, botan_ec_group_t group,
                              const uint8_t in[], size_t len);
int botan_ec_point_destroy(botan_ec_point_t point);
int botan_ec_point_is_identity(botan_ec_point_t point);
int botan_ec_point_add(botan_ec_point_t* result, botan_ec_point_t x, botan_ec_point_t y);
int botan_ec_point_mul(botan_ec_point_t* result, botan_ec_point_t point,
                       botan_ec_scalar_t scalar, botan_rng_t rng);
int botan_ec_point_view_uncompressed(botan_ec_point_t point, void* ctx, botan_view_bin_fn view);
"""


def _library_names() -> Iterator[str]:
    # Botan 3.x has the soname libbotan-3.so.x; try the newest first.
    yield from (f"libbotan-3.so.{minor}" for minor in range(40, MINIMUM[1] - 1, -1))
    yield from ("libbotan-3.so", "libbotan-3.dylib", "botan-3.dll")
    library = ctypes.util.find_library("botan-3")
    if library:
        yield library


def load_library(ffi: FFI) -> tuple[Any, str]:
    """Loads the first Botan that is new enough and returns it with its version. Raises: EngineUnavailable."""
    too_old = ""
    for name in _library_names():
        try:
            # Try ctypes first: cffi looks for a missing library by running ldconfig, gcc and ld.
            ctypes.CDLL(name)
            library: Any = ffi.dlopen(name)
        except OSError:
            continue
        major, minor = library.botan_version_major(), library.botan_version_minor()
        version = f"{major}.{minor}.{library.botan_version_patch()}"
        if major == MINIMUM[0] and minor >= MINIMUM[1]:
            return library, version
        too_old = f" (found {version} as {name}, which is too old)"
    hint = "on Debian, apt install libbotan-3-12"
    raise EngineUnavailable(f"Botan 3.12 or newer is not installed{too_old}: {hint}")


class Workspace(threading.local):
    """Botan handles of one thread: threads may not share Botan's objects while they change."""

    def __init__(self, ffi: FFI, library: Any) -> None:
        """Creates the handles. Called once in each thread that uses the engine."""
        self.verifier: Any = None
        self.verifier_key: bytes | None = None
        self.out = ffi.new("uint8_t[65]")
        self.out_length = ffi.new("size_t*")
        self.key = ffi.new("botan_privkey_t*")
        self.scalar = ffi.new("botan_ec_scalar_t*")
        self.left = ffi.new("botan_ec_point_t*")
        self.right = ffi.new("botan_ec_point_t*")
        self.result = ffi.new("botan_ec_point_t*")
        self.mp = handle(ffi, library, "botan_mp_t*", library.botan_mp_init, library.botan_mp_destroy)
        self.rng = handle(
            ffi, library, "botan_rng_t*", library.botan_rng_init, library.botan_rng_destroy, b"system"
        )
        self.group = handle(
            ffi,
            library,
            "botan_ec_group_t*",
            library.botan_ec_group_from_name,
            library.botan_ec_group_destroy,
            CURVE,
        )


def handle(ffi: FFI, library: Any, kind: str, create: Any, destroy: Any, *arguments: Any) -> Any:
    """Creates a Botan object that is destroyed with the thread that owns it. Raises: EngineFailure."""
    holder = ffi.new(kind)
    check(ffi, library, create(holder, *arguments))
    return ffi.gc(holder[0], destroy)


def check(ffi: FFI, library: Any, code: int) -> None:
    """Raises `EngineFailure` unless the call succeeded."""
    if code != 0:
        raise EngineFailure(describe(ffi, library, code))


def describe(ffi: FFI, library: Any, code: int) -> str:
    """Returns Botan's own description of a return code."""
    text = ffi.string(library.botan_error_description(code))
    return f"Botan: {text.decode('ascii', 'replace') if isinstance(text, bytes) else text} ({code})"
