-- name: revoked^
-- Everything that a list names, with its basis. Uses the partial index certificates_off. All in one text, a line each, as
-- certificates.py reads it: thousands of rows of values cost many times as much to hand over.
SELECT COUNT(*) AS entries, CAST(COALESCE(SUM(changed_at - issued_at), 0) AS BIGINT) AS total,
  group_concat(serial || ' ' || state || ' ' || holds || ' ' || issued_at || ' ' || changed_at || ' ' ||
    COALESCE(CAST(revoked_at AS TEXT), '') || ' ' || COALESCE(CAST(revocation_reason AS TEXT), '') || ' ' ||
    COALESCE(CAST(held_since AS TEXT), ''), char(10)) AS lines
FROM certificates
WHERE (ended(certificates) OR holds <> '') AND der IS NOT NULL AND issuer = :issuer AND not_after > :since;
