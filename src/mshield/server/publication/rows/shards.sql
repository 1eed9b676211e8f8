-- name: open_shard!
INSERT INTO crl_shards (authority, shard, opened_at) VALUES (:authority, :shard, :now)
ON CONFLICT (authority, shard) DO NOTHING;

-- name: newest_shard^
SELECT a.created_at, s.shard, s.opened_at FROM authorities a LEFT JOIN crl_shards s ON s.authority = a.name
WHERE a.name = :authority ORDER BY s.shard DESC NULLS LAST LIMIT 1;

-- name: issued_since^
-- Counts no further than the size of a shard.
SELECT COUNT(*) AS issued FROM (SELECT 1 FROM certificates WHERE issued_at >= :since LIMIT :most) AS these;

-- name: latest_of_shard^
SELECT number, this_update, next_update, renew_at FROM crl_shards
WHERE authority = :authority AND shard = :shard AND der IS NOT NULL;

-- name: der_of_shard^
SELECT der FROM crl_shards WHERE authority = :authority AND shard = :shard AND number = :number;

-- name: has_shard^
SELECT 1 AS there FROM crl_shards WHERE authority = :authority AND shard = :shard;

-- name: keep_of_shard!
-- An earlier list never replaces a later one; a list made from a previous one replaces only that one.
UPDATE crl_shards SET number = :number, der = :der, this_update = :this_update, next_update = :next_update,
  renew_at = :renew_at
WHERE authority = :authority AND shard = :shard AND number < :number AND (number = :made_from OR :made_from < 0);

-- name: due_shards
SELECT authority, shard FROM crl_shards WHERE renew_at <= :now ORDER BY renew_at, authority, shard LIMIT :most;

-- name: renew_shard_at!
UPDATE crl_shards SET renew_at = :renew_at WHERE authority = :authority AND shard = :shard;

-- name: oldest_of_shards^
SELECT number, this_update, next_update, renew_at FROM crl_shards
WHERE authority = :authority AND der IS NOT NULL ORDER BY next_update, shard LIMIT 1;

-- name: changed
SELECT serial, issuer, changes FROM crl_changes ORDER BY serial LIMIT :most;

-- name: forget_change!
-- A change repeated since it was read is kept.
DELETE FROM crl_changes WHERE serial = :serial AND changes = :changes;
