-- Accounts as staff look for them (ADR 129), each list over an index in the order of registration: by the first one and two
-- characters of a name and by the two behind the first, by the keyed hash of the id number's end, by who has or had an
-- enterprise's shield. The id number and the end of the phone number have an index already. The new column is as that of
-- filed persons: where it is missing, in rows of before and in those that the last release writes meanwhile, the job `search`
-- fills it in; and it empties what that release left in an account that it erased, which accounts_erased finds.
-- depends: 0111_unlocks_with_a_login

ALTER TABLE accounts ADD COLUMN id_number_end BYTEA;

CREATE INDEX IF NOT EXISTS accounts_id_number_end ON accounts (id_number_end, id);

CREATE INDEX IF NOT EXISTS accounts_surname ON accounts (substr(name, 1, 1), id);

CREATE INDEX IF NOT EXISTS accounts_name ON accounts (substr(name, 1, 2), id);

CREATE INDEX IF NOT EXISTS accounts_given_name ON accounts (substr(name, 2, 2), id);

CREATE INDEX IF NOT EXISTS accounts_erased ON accounts (id) WHERE name = '' AND length(id_number_end) > 0;

CREATE INDEX IF NOT EXISTS certificates_enterprise_account ON certificates (credit_code, account_id);
