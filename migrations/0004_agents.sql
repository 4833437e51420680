-- What agents reported: revision, propagation and counts, a row a report and segment.
CREATE TABLE IF NOT EXISTS {{local "agents"}} {{on_cluster}} (
    id             String,
    at             DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    name           LowCardinality(String),
    gateway        LowCardinality(String),
    software       LowCardinality(String),
    connected      Bool,
    segment        LowCardinality(String),
    revision       UInt64 COMMENT 'that the agent enforces',
    latest         UInt64 COMMENT 'that the service had then',
    count          UInt64 COMMENT 'blocks in the segment',
    propagation_ms Nullable(Float64) COMMENT 'decision of the newest block to this report',
    denied         UInt64 COMMENT 'requests refused since the agent started',
    decided        UInt64 COMMENT 'requests decided since the agent started',
    received       DateTime64(9, 'UTC') DEFAULT now64(9)
) ENGINE = {{engine "ReplacingMergeTree" "received"}}
ORDER BY (at, name, segment, id)
SETTINGS {{deduplication_window}};

{{distributed "agents" "cityHash64(name)"}};
