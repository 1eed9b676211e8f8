-- name: lock_person^
-- Weaker than the lock that a foreign key needs, so certificates and requests of the person don't wait for a proof.
SELECT id FROM filed_persons WHERE id = :person_id
FOR NO KEY UPDATE;
