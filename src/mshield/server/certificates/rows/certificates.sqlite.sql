-- name: revoked^
-- Everything that a list names, with its basis. Uses the partial index certificates_off. All in one text, a line each, as
-- certificates.py reads it: thousands of rows of values cost many times as much to hand over.
SELECT COUNT(*) AS entries, CAST(COALESCE(SUM(changed_at - issued_at), 0) AS BIGINT) AS total,
  group_concat(status_line(certificates), char(10)) AS lines
FROM certificates
WHERE (ended(certificates) OR holds <> '') AND der IS NOT NULL AND issuer = :issuer AND not_after > :since;

-- name: revoked_of_shard^
-- What the list of a shard names: by the serials of the shard, a range of the primary key. Unary plus keeps SQLite from the index of all that any list names.
SELECT group_concat(status_line(certificates), char(10)) AS lines FROM certificates
WHERE serial >= :first AND serial < :last AND +issuer = :issuer AND +not_after > :since AND listed(certificates);

-- name: revoked_of_first^
-- What the list of shard 0 names: all but the serials of the other shards.
SELECT group_concat(status_line(certificates), char(10)) AS lines FROM certificates
WHERE (ended(certificates) OR holds <> '') AND der IS NOT NULL AND issuer = :issuer AND not_after > :since
  AND NOT (serial >= '2' AND serial < '3');
