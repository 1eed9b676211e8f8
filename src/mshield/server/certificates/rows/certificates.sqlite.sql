-- name: revoked_of_shard^
-- The entries of a shard's list: selected by the shard's serials, a range of the primary key. The unary plus keeps
-- SQLite from using the index of all revoked or held certificates.
SELECT group_concat(status_line(certificates), char(10)) AS lines FROM certificates
WHERE serial >= :first AND serial < :last AND +issuer = :issuer AND +not_after > :since AND listed(certificates);

-- name: revoked_of_first^
-- The entries of shard 0's list: all except the serials of the other shards. Uses the partial index certificates_off.
-- Returns one text with a line for each entry: thousands of rows would cost many times as much to transfer.
SELECT group_concat(status_line(certificates), char(10)) AS lines FROM certificates
WHERE (ended(certificates) OR holds <> '') AND der IS NOT NULL AND issuer = :issuer AND not_after > :since
  AND NOT (serial >= '2' AND serial < '3');
