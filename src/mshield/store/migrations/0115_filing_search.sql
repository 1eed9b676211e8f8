-- Who is on file, as staff look for them (ADR 132): each list over an index in the order of filing, by the first one and two
-- characters of a name, by the two behind the first, by the end of the phone number. Parts of a column are indexed, not
-- copied, so that the last release's rows are found too.
-- depends: 0110_device_models

CREATE INDEX IF NOT EXISTS filed_persons_surname ON filed_persons (substr(name, 1, 1), id);

CREATE INDEX IF NOT EXISTS filed_persons_name ON filed_persons (substr(name, 1, 2), id);

CREATE INDEX IF NOT EXISTS filed_persons_given_name ON filed_persons (substr(name, 2, 2), id);

CREATE INDEX IF NOT EXISTS filed_persons_phone_end ON filed_persons (substr(phone, length(phone) - 3), id);

CREATE INDEX IF NOT EXISTS filed_persons_enterprise ON filed_persons (credit_code, id);
