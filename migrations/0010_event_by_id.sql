-- One event by its id, without reading all: rows lie in the order of receipt,
-- which an id does not tell. Parts from before get the index when they are
-- merged; until then, or until they expire, they are read as before.
ALTER TABLE {{local "events"}} {{on_cluster}}
    ADD INDEX IF NOT EXISTS record_bloom cityHash64(file, offset) TYPE bloom_filter(0.01) GRANULARITY 2;
