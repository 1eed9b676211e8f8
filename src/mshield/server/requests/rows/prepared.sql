-- name: signer^
-- The holder of a key, from its certificate.
SELECT c.der, sealed(certificates AS c) FROM keys k JOIN certificates c ON c.serial = k.certificate WHERE k.uid = :uid;

-- name: prepare!
-- Runs once: a later call gets the stored result.
UPDATE tasks SET message = :message, prepared = :prepared WHERE sid = :sid AND message = :was AND state = 'waiting';

-- name: prepared^
SELECT prepared FROM tasks WHERE sid = :sid;
