-- Requests by another app on the same phone lead back to an address that their business system registered (R13).
-- depends: 0016_reservations

-- A JSON list of text; addresses match character by character.
ALTER TABLE business_systems ADD COLUMN return_urls TEXT NOT NULL DEFAULT '[]';
ALTER TABLE requests ADD COLUMN return_url TEXT;
