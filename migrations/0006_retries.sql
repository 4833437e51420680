-- What became of quarantined records that were read again: one without a
-- reason has left the quarantine, as an event or because it held no request;
-- one with a reason stays, and this row stands in place of the one before.
-- The quarantine itself is never changed: its rows tell what was received.
CREATE TABLE IF NOT EXISTS {{local "quarantine_outcomes"}} {{on_cluster}} (
    received  DateTime64(9, 'UTC') COMMENT 'when the record was read again' CODEC(Delta, ZSTD(1)),
    agent     LowCardinality(String),
    source    LowCardinality(String),
    gateway   LowCardinality(String),
    kind      LowCardinality(String),
    format    LowCardinality(String),
    file      LowCardinality(String),
    file_path LowCardinality(String),
    offset    UInt64 CODEC(Delta, ZSTD(1)),
    line      UInt64 CODEC(Delta, ZSTD(1)),
    length    UInt64 CODEC(ZSTD(1)),
    attempt   UInt64 COMMENT 'grows with each retry of a host' CODEC(ZSTD(1)),
    reason    LowCardinality(String) COMMENT 'empty = it is settled',
    excerpt   String COMMENT 'beginning of the record, made printable' CODEC(ZSTD(1)),
    id        String ALIAS concat(toString(file), '-', toString(offset))
) ENGINE = {{engine "MergeTree"}}
PARTITION BY toDate(received)
ORDER BY (file, offset, attempt)
SETTINGS ttl_only_drop_parts = 1, {{deduplication_window}};

{{distributed "quarantine_outcomes" "cityHash64(file)"}};
