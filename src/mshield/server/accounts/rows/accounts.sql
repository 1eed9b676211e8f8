-- name: find_by_phone^
SELECT id, phone, password_hash, name, id_type, id_number_hash, state, created_at, source, external_id, disabled_at, disabled_reason, seal_version, seal FROM accounts WHERE phone = :phone;

-- name: find^
SELECT id, phone, password_hash, name, id_type, id_number_hash, state, created_at, source, external_id, disabled_at, disabled_reason, seal_version, seal FROM accounts WHERE id = :id;

-- name: find_unchanging^
-- Unchanged until the transaction ends, since SQLite has one writer.
SELECT id, phone, password_hash, name, id_type, id_number_hash, state, created_at, source, external_id, disabled_at, disabled_reason, seal_version, seal FROM accounts WHERE id = :id;

-- name: id_number_box^
SELECT id_number_box FROM accounts WHERE id = :id;

-- name: insert!
-- No-op if the phone number already has an account.
INSERT INTO accounts (id, phone, password_hash, name, id_type, id_number_hash, id_number_box, id_number_end, state, created_at)
VALUES (:id, :phone, :password_hash, :name, :id_type, :id_number_hash, :id_number_box, :id_number_end, 'active', :now)
ON CONFLICT (phone) DO NOTHING;

-- name: find_outside^
SELECT id, phone, password_hash, name, id_type, id_number_hash, state, created_at, source, external_id, disabled_at, disabled_reason, seal_version, seal FROM accounts
WHERE source = :source AND external_id = :external_id;

-- name: insert_outside!
-- Has no password here: the source checks it.
INSERT INTO accounts (id, phone, password_hash, name, id_type, id_number_hash, id_number_box, id_number_end, state, created_at,
  source, external_id)
VALUES (:id, :phone, '', :name, :id_type, :id_number_hash, :id_number_box, :id_number_end, 'active', :now, :source, :external_id);

-- name: follow_outside!
-- Updates the account to what its source reports now.
UPDATE accounts SET name = :name, id_type = :id_type, phone = :phone
WHERE id = :id AND source = :source AND external_id = :external_id;

-- name: replace_password_hash!
-- Stores the same password hashed with newer parameters; no-op if it was changed meanwhile.
UPDATE accounts SET password_hash = :password_hash WHERE id = :id AND password_hash = :previous;

-- name: set_password!
-- Sets a new password; no-op if it, or the account, was changed meanwhile.
UPDATE accounts SET password_hash = :password_hash
WHERE id = :id AND password_hash = :previous AND state = 'active' AND source = 'local';

-- name: put_device^
-- Finds the installation that has this key. The update changes nothing: it locks the row and lets RETURNING see it.
INSERT INTO devices (id, jkt, public_key, account_id, shield_number, created_at)
VALUES (:id, :jkt, :public_key, NULL, NULL, :now)
ON CONFLICT (jkt) DO UPDATE SET public_key = excluded.public_key
RETURNING id, account_id, shield_number;

-- name: end_sessions_of_device!
-- A new login ends the earlier ones of the same installation.
UPDATE phone_sessions SET ended_at = :now WHERE device_id = :device_id AND ended_at IS NULL;

-- name: note_use!
-- A name given by another account is dropped.
INSERT INTO device_uses (device_id, account_id, name, browser, address, model, logged_in_at)
VALUES (:device_id, :account_id, NULL, :browser, :address, :model, :now)
ON CONFLICT (device_id) DO UPDATE SET
  name = CASE WHEN device_uses.account_id = excluded.account_id THEN device_uses.name END,
  account_id = excluded.account_id, browser = excluded.browser, address = excluded.address,
  model = excluded.model, logged_in_at = excluded.logged_in_at;

-- name: insert_session!
INSERT INTO phone_sessions (token_hash, account_id, device_id, created_at, expires_at, ended_at, address, browser, mark)
VALUES (:token_hash, :account_id, :device_id, :now, :expires_at, NULL, :address, :browser, :mark);

-- name: purge_sessions!
DELETE FROM phone_sessions WHERE expires_at <= :before;

-- name: change_phone!
-- No-op if another account has the number, or if the account's number was changed meanwhile.
UPDATE accounts SET phone = :phone WHERE id = :id AND phone = :previous AND state = :state AND source = 'local'
  AND NOT EXISTS (SELECT 1 FROM accounts taken WHERE taken.phone = :phone);

-- name: end_sessions_of_account!
UPDATE phone_sessions SET ended_at = :now WHERE account_id = :account_id AND ended_at IS NULL AND expires_at > :now;

-- name: end_other_sessions!
UPDATE phone_sessions SET ended_at = :now
WHERE account_id = :account_id AND device_id <> :device_id AND ended_at IS NULL AND expires_at > :now;

-- name: disable!
-- No-op if it is already disabled.
UPDATE accounts SET state = 'disabled', disabled_at = :now, disabled_reason = :reason WHERE id = :id AND state = 'active';

-- name: enable!
UPDATE accounts SET state = 'active', disabled_at = NULL, disabled_reason = NULL
WHERE id = :id AND state = 'disabled' AND phone NOT LIKE 'erased-%';
