-- Certificates as staff list them, each list over an index in its own order: by the end of the shield number, by the first
-- one and two characters of a name and by the two behind the first, by state, by hold, by their end. A function of a column
-- is one that both databases have alike.
-- depends: 0081_search

CREATE INDEX IF NOT EXISTS certificates_shield_end ON certificates (substr(shield_number, 10), issued_at, serial);

CREATE INDEX IF NOT EXISTS certificates_surname ON certificates (substr(common_name, 1, 1), issued_at, serial);

CREATE INDEX IF NOT EXISTS certificates_name ON certificates (substr(common_name, 1, 2), issued_at, serial);

CREATE INDEX IF NOT EXISTS certificates_given_name ON certificates (substr(common_name, 2, 2), issued_at, serial);

CREATE INDEX IF NOT EXISTS certificates_state ON certificates (state, issued_at, serial);

CREATE INDEX IF NOT EXISTS certificates_held ON certificates (issued_at, serial, holds) WHERE holds <> '';

CREATE INDEX IF NOT EXISTS certificates_ends ON certificates (not_after, serial, state, holds)
  WHERE state <> 'revoked' AND state <> 'superseded';
