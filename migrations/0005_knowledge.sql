-- Endpoints as they were seen or specified.
CREATE TABLE IF NOT EXISTS {{local "routes"}} {{on_cluster}} (
    id           String COMMENT 'hash of gateway, host, method and template',
    gateway      LowCardinality(String),
    host         LowCardinality(String),
    method       LowCardinality(String),
    route        String COMMENT 'template, as /users/{id}',
    origin       LowCardinality(String) COMMENT 'gateway, spec or inferred',
    api          LowCardinality(String),
    tags         Array(LowCardinality(String)),
    sensitive    Array(LowCardinality(String)),
    first_seen   DateTime64(9, 'UTC'),
    last_seen    DateTime64(9, 'UTC'),
    requests     UInt64,
    at           DateTime64(9, 'UTC')
) ENGINE = {{engine "ReplacingMergeTree" "at"}}
ORDER BY id
SETTINGS {{deduplication_window}};

{{distributed "routes" "cityHash64(id)"}};

-- What is normal: one row a series and slot of the week.
CREATE TABLE IF NOT EXISTS {{local "baselines"}} {{on_cluster}} (
    id        String COMMENT 'hash of series and slot',
    series    LowCardinality(String) COMMENT 'rate, error share, latency, bytes …',
    dimension LowCardinality(String) COMMENT 'route, api, principal, address or source',
    subject   String,
    slot      UInt8 COMMENT 'hour of the week, Monday 00 UTC is 0',
    median    Float64,
    deviation Float64 COMMENT 'median absolute deviation',
    samples   UInt64,
    at        DateTime64(9, 'UTC')
) ENGINE = {{engine "ReplacingMergeTree" "at"}}
ORDER BY (series, dimension, subject, slot, id)
SETTINGS {{deduplication_window}};

{{distributed "baselines" "cityHash64(id)"}};

-- What analysts judged to be none of ours to act on.
CREATE TABLE IF NOT EXISTS {{local "discards"}} {{on_cluster}} (
    id         String,
    at         DateTime64(9, 'UTC'),
    actor      String,
    rule       LowCardinality(String),
    path       String,
    reason     String,
    by         LowCardinality(String),
    expires    Nullable(DateTime64(9, 'UTC')),
    removed    Bool,
    received   DateTime64(9, 'UTC') DEFAULT now64(9)
) ENGINE = {{engine "ReplacingMergeTree" "received"}}
ORDER BY id
SETTINGS {{deduplication_window}};

{{distributed "discards" "cityHash64(id)"}};
