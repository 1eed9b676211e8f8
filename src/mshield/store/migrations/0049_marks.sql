-- A login, and the enrolment of a key, carry a keyed mark of whose they are: a row that somebody else wrote decides nothing.
-- depends: 0048_who_signed

-- Logins have none: people log in again.
DELETE FROM phone_sessions;
ALTER TABLE phone_sessions ADD COLUMN mark BYTEA;

-- So do people apply again whose key isn't made yet. `mshield migrate` marks the keys that are.
UPDATE keys SET state = 'void', generation = generation + 1 WHERE state = 'enrolling' AND public_key IS NULL;
ALTER TABLE keys ADD COLUMN mark BYTEA;
