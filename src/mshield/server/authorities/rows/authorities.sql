-- name: find_authority^
SELECT name, certificate, key_box, revoked_at, revocation_reason FROM authorities WHERE name = :name;

-- name: find_certificate^
SELECT certificate FROM authorities WHERE name = :name;

-- name: list_authorities
SELECT name, certificate, key_box, revoked_at, revocation_reason FROM authorities ORDER BY created_at, name;

-- name: list_authority_states
-- All authorities with their revocation and last shard, without certificates and keys.
SELECT name, revoked_at, revocation_reason,
  (SELECT COALESCE(MAX(s.shard), 0) FROM crl_shards s WHERE s.authority = authorities.name) AS shard,
  (SELECT COUNT(*) + COALESCE(MAX(x.created_at), 0) FROM cross_certificates x
   WHERE x.authority = authorities.name) AS crossed
FROM authorities ORDER BY created_at, name;

-- name: revoke_authority!
UPDATE authorities SET revoked_at = :now, revocation_reason = :reason WHERE name = :name AND revoked_at IS NULL;

-- name: insert_authority!
INSERT INTO authorities (name, certificate, key_box, crl_number, created_at)
VALUES (:name, :certificate, :key_box, 0, :now);

-- name: replace_authority!
-- Replaces an OCSP responder, which is valid for some weeks; guarded by the certificate that was read.
UPDATE authorities SET certificate = :certificate, key_box = :key_box
WHERE name = :name AND certificate = :old_certificate;

-- name: list_requests
SELECT name, request, key_box, created_at FROM authority_requests ORDER BY name;

-- name: insert_request!
INSERT INTO authority_requests (name, request, key_box, created_at) VALUES (:name, :request, :key_box, :now);

-- name: delete_request!
-- Guarded by the request that was read: of two who import its certificate one comes first.
DELETE FROM authority_requests WHERE name = :name AND request = :request;

-- name: list_cross
SELECT authority, certificate, root FROM cross_certificates ORDER BY created_at, sha256;

-- name: insert_cross!
INSERT INTO cross_certificates (sha256, authority, certificate, root, created_at)
VALUES (:sha256, :authority, :certificate, :root, :now);

-- name: delete_cross!
DELETE FROM cross_certificates WHERE sha256 = :sha256;

-- name: next_crl_number^
-- Gives out each number once. Locks the row until commit, so that a later number is never on an older list.
UPDATE authorities SET crl_number = crl_number + 1 WHERE name = :name RETURNING crl_number;

-- name: insert_crl!
INSERT INTO crls (authority, number, der, basis, this_update, next_update)
VALUES (:authority, :number, :der, :basis, :this_update, :next_update);

-- name: await_turn!
-- Locks the row until commit: if two processes put a list in force at once, the second sees the first one's.
UPDATE authorities SET crl_number = crl_number WHERE name = :name;

-- name: latest_crl^
SELECT number, basis, this_update, next_update FROM crls WHERE authority = :authority ORDER BY number DESC LIMIT 1;

-- name: crl_der^
SELECT der FROM crls WHERE authority = :authority AND number = :number;

-- name: prune_crls!
-- A list is served until the next one exists. Recent lists may still be on their way to a reader.
DELETE FROM crls WHERE this_update < :before
  AND number < (SELECT MAX(c.number) FROM crls c WHERE c.authority = crls.authority);

-- name: delete_crls!
-- Under a new key of the same name the lists start again, but their numbers continue.
DELETE FROM crls WHERE authority = :authority;
