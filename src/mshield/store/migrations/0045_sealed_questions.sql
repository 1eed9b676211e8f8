-- What two people decide may hold what is carried out and not shown, such as a whole phone number: sealed, and gone with
-- the decision.
-- depends: 0043_seals

ALTER TABLE approvals ADD COLUMN sealed_box BYTEA;
