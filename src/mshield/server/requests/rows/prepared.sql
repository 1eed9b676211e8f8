-- name: signer^
-- Whose key it is, by its certificate.
SELECT c.der, sealed(certificates AS c) FROM keys k JOIN certificates c ON c.serial = k.certificate WHERE k.uid = :uid;

-- name: prepare!
-- Once: whoever comes second gets what is there.
UPDATE tasks SET message = :message, prepared = :prepared WHERE sid = :sid AND message = :was AND state = 'waiting';

-- name: prepared^
SELECT prepared FROM tasks WHERE sid = :sid;
