-- A request's secrets are derived from its id, no longer stored; a request may be meant for one shield (待办).
-- depends: 0011_filing_asked

ALTER TABLE requests DROP COLUMN qr_key;
ALTER TABLE requests ADD COLUMN shield_number TEXT;
CREATE INDEX requests_inbox ON requests (shield_number, created_at) WHERE state = 'waiting' AND shield_number IS NOT NULL;
