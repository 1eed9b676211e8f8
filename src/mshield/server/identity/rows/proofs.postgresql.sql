-- name: lock_person^
-- Not what a foreign key takes: certificates and requests of the person wait for no proof.
SELECT id FROM filed_persons WHERE id = :person_id
FOR NO KEY UPDATE;
