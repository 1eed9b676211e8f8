/* A cipher machine (密码机) in software for the tests: the few functions of GM/T 0018-2012 that the service calls, as
 * the standard has them. Names, structures and codes are the standard's; SM2 is OpenSSL's. The key pair of an index is
 * made of its number, so that each run has the same ones. Indexes 1 to 8 have one; 7 and 8 ask for no password.
 *
 * `STUB_fault` makes the next calls go wrong, `STUB_count` tells what is open.
 */

#define _DEFAULT_SOURCE
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>
#include <string.h>
#include <unistd.h>

#define SDR_OK 0x0
#define SDR_BASE 0x01000000
#define SDR_COMMFAIL (SDR_BASE + 0x03)
#define SDR_OPENDEVICE (SDR_BASE + 0x05)
#define SDR_OPENSESSION (SDR_BASE + 0x06)
#define SDR_PARDENY (SDR_BASE + 0x07)
#define SDR_KEYNOTEXIST (SDR_BASE + 0x08)
#define SDR_SIGNERR (SDR_BASE + 0x0D)
#define SDR_PRKRERR (SDR_BASE + 0x18)
#define SDR_INARGERR (SDR_BASE + 0x1D)
#define SDR_OUTARGERR (SDR_BASE + 0x1E)

#define ECCref_MAX_LEN 64
#define DIGEST 32

typedef struct { unsigned int bits; unsigned char x[ECCref_MAX_LEN]; unsigned char y[ECCref_MAX_LEN]; } ECCrefPublicKey;
typedef struct { unsigned char r[ECCref_MAX_LEN]; unsigned char s[ECCref_MAX_LEN]; } ECCSignature;
typedef struct {
    unsigned char IssuerName[40], DeviceName[16], DeviceSerial[16];
    unsigned int DeviceVersion, StandardVersion, AsymAlgAbility[2], SymAlgAbility, HashAlgAbility, BufferSize;
} DEVICEINFO;

enum { NONE, WRONG_SIGNATURE, LOST_SESSIONS, HANGS, FIELDS_OF_256_BITS, LEFT_ALIGNED, ZERO_SIGNATURE, GONE };

#define INDEXES 8
#define SESSIONS 16
static const char PASSWORD[] = "right-of-use-1";

static int fault, device_open, wrong_passwords, signatures;
static struct session { int open, right[INDEXES + 1]; } sessions[SESSIONS];

void STUB_fault(int kind) { fault = kind; }

/* 0: devices, 1: sessions, 2: wrong passwords, 3: signatures */
int STUB_count(int what) {
    int count = 0;
    for (int i = 0; i < SESSIONS; i++) count += sessions[i].open;
    return what == 0 ? device_open : what == 1 ? count : what == 2 ? wrong_passwords : signatures;
}

static struct session *session_of(void *handle) {
    struct session *session = handle;
    if (fault == LOST_SESSIONS) {
        memset(sessions, 0, sizeof sessions);
        fault = NONE;
    }
    if (fault == HANGS) usleep(2000000);
    return session >= sessions && session < sessions + SESSIONS && session->open ? session : NULL;
}

int SDF_OpenDevice(void **phDeviceHandle) {
    if (phDeviceHandle == NULL) return SDR_OUTARGERR;
    if (fault == GONE) return SDR_OPENDEVICE;
    device_open++;
    *phDeviceHandle = &device_open;
    return SDR_OK;
}

int SDF_CloseDevice(void *hDeviceHandle) {
    if (hDeviceHandle != &device_open || device_open == 0) return SDR_INARGERR;
    if (--device_open == 0) memset(sessions, 0, sizeof sessions);
    return SDR_OK;
}

int SDF_OpenSession(void *hDeviceHandle, void **phSessionHandle) {
    if (hDeviceHandle != &device_open || device_open == 0) return SDR_INARGERR;
    if (phSessionHandle == NULL) return SDR_OUTARGERR;
    for (int i = 0; i < SESSIONS; i++)
        if (!sessions[i].open) {
            memset(&sessions[i], 0, sizeof sessions[i]);
            sessions[i].open = 1;
            *phSessionHandle = &sessions[i];
            return SDR_OK;
        }
    return SDR_OPENSESSION;
}

int SDF_CloseSession(void *hSessionHandle) {
    struct session *session = session_of(hSessionHandle);
    if (session == NULL) return SDR_INARGERR;
    memset(session, 0, sizeof *session);
    return SDR_OK;
}

int SDF_GetDeviceInfo(void *hSessionHandle, DEVICEINFO *pstDeviceInfo) {
    if (session_of(hSessionHandle) == NULL) return SDR_INARGERR;
    if (pstDeviceInfo == NULL) return SDR_OUTARGERR;
    memset(pstDeviceInfo, 0, sizeof *pstDeviceInfo);
    memcpy(pstDeviceInfo->IssuerName, "Stub", 4);
    memcpy(pstDeviceInfo->DeviceName, "SDF in software", 15);
    memcpy(pstDeviceInfo->DeviceSerial, "2026112900000001", 16);
    pstDeviceInfo->StandardVersion = 1;
    return SDR_OK;
}

int SDF_GetPrivateKeyAccessRight(void *hSessionHandle, unsigned int uiKeyIndex, unsigned char *pucPassword,
                                 unsigned int uiPwdLength) {
    struct session *session = session_of(hSessionHandle);
    if (session == NULL || pucPassword == NULL) return SDR_INARGERR;
    if (uiKeyIndex < 1 || uiKeyIndex > INDEXES) return SDR_KEYNOTEXIST;
    if (uiPwdLength != sizeof PASSWORD - 1 || memcmp(pucPassword, PASSWORD, uiPwdLength) != 0) {
        wrong_passwords++;
        return SDR_PRKRERR;
    }
    session->right[uiKeyIndex] = 1;
    return SDR_OK;
}

int SDF_ReleasePrivateKeyAccessRight(void *hSessionHandle, unsigned int uiKeyIndex) {
    struct session *session = session_of(hSessionHandle);
    if (session == NULL) return SDR_INARGERR;
    if (uiKeyIndex < 1 || uiKeyIndex > INDEXES) return SDR_KEYNOTEXIST;
    session->right[uiKeyIndex] = 0;
    return SDR_OK;
}

/* The key pair of an index; point is 65 octets. */
static EVP_PKEY *key_of(unsigned int index, unsigned char *point) {
    unsigned char seed[] = "key pair of index 0", digest[DIGEST];
    EVP_PKEY *key = NULL;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    EC_POINT *public = EC_POINT_new(group);
    OSSL_PARAM_BLD *parts = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    OSSL_PARAM *parameters;
    BIGNUM *d;

    seed[sizeof seed - 2] += index;
    SHA256(seed, sizeof seed, digest);
    digest[0] &= 0x7f; /* below n - 1 */
    d = BN_bin2bn(digest, DIGEST, NULL);
    EC_POINT_mul(group, public, d, NULL, NULL, NULL);
    EC_POINT_point2oct(group, public, POINT_CONVERSION_UNCOMPRESSED, point, 65, NULL);
    OSSL_PARAM_BLD_push_utf8_string(parts, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0);
    OSSL_PARAM_BLD_push_octet_string(parts, OSSL_PKEY_PARAM_PUB_KEY, point, 65);
    OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_PRIV_KEY, d);
    parameters = OSSL_PARAM_BLD_to_param(parts);
    if (EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters) != 1)
        key = NULL;
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(parts);
    EVP_PKEY_CTX_free(context);
    EC_POINT_free(public);
    EC_GROUP_free(group);
    BN_free(d);
    return key;
}

int SDF_ExportSignPublicKey_ECC(void *hSessionHandle, unsigned int uiKeyIndex, ECCrefPublicKey *pucPublicKey) {
    unsigned char point[65];
    EVP_PKEY *key;
    if (session_of(hSessionHandle) == NULL) return SDR_INARGERR;
    if (pucPublicKey == NULL) return SDR_OUTARGERR;
    if (uiKeyIndex < 1 || uiKeyIndex > INDEXES) return SDR_KEYNOTEXIST;
    if ((key = key_of(uiKeyIndex, point)) == NULL) return SDR_KEYNOTEXIST;
    EVP_PKEY_free(key);
    memset(pucPublicKey, 0, sizeof *pucPublicKey);
    pucPublicKey->bits = 256;
    if (fault == FIELDS_OF_256_BITS) {
        memcpy(pucPublicKey->x, point + 1, 2 * DIGEST);
    } else {
        int aside = fault == LEFT_ALIGNED ? 0 : ECCref_MAX_LEN - DIGEST;
        memcpy(pucPublicKey->x + aside, point + 1, DIGEST);
        memcpy(pucPublicKey->y + aside, point + 1 + DIGEST, DIGEST);
    }
    return SDR_OK;
}

int SDF_InternalSign_ECC(void *hSessionHandle, unsigned int uiISKIndex, unsigned char *pucData,
                         unsigned int uiDataLength, ECCSignature *pucSignature) {
    struct session *session = session_of(hSessionHandle);
    unsigned char point[65], der[128];
    const unsigned char *read = der;
    size_t length = sizeof der;
    EVP_PKEY_CTX *context;
    ECDSA_SIG *pair;
    EVP_PKEY *key;

    if (session == NULL || pucData == NULL || uiDataLength != DIGEST) return SDR_INARGERR;
    if (pucSignature == NULL) return SDR_OUTARGERR;
    if (uiISKIndex < 1 || uiISKIndex > INDEXES) return SDR_KEYNOTEXIST;
    if (uiISKIndex < 7 && !session->right[uiISKIndex]) return SDR_PARDENY;
    if ((key = key_of(uiISKIndex, point)) == NULL) return SDR_KEYNOTEXIST;
    context = EVP_PKEY_CTX_new(key, NULL);
    if (EVP_PKEY_sign_init(context) != 1 || EVP_PKEY_sign(context, der, &length, pucData, DIGEST) != 1) length = 0;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    if (length == 0 || (pair = d2i_ECDSA_SIG(NULL, &read, (long)length)) == NULL) return SDR_SIGNERR;
    memset(pucSignature, 0, sizeof *pucSignature);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), pucSignature->r, ECCref_MAX_LEN);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), pucSignature->s, ECCref_MAX_LEN);
    ECDSA_SIG_free(pair);
    signatures++;
    if (fault == WRONG_SIGNATURE) pucSignature->s[ECCref_MAX_LEN - 1] ^= 1;
    if (fault == ZERO_SIGNATURE) memset(pucSignature, 0, sizeof *pucSignature);
    return SDR_OK;
}
