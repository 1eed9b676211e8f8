-- When an outside filing system was last asked about a record; 0 for never.
-- depends: 0005_staff_and_sources

ALTER TABLE filed_persons ADD COLUMN asked_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX filed_persons_asked ON filed_persons (asked_at);
