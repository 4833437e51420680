-- What was found: a row a sighting; the sightings of one touch share the id.
CREATE TABLE IF NOT EXISTS {{local "findings"}} {{on_cluster}} (
    id           String,
    sighting     String COMMENT 'which observation of the finding this is',
    time         DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    received     DateTime64(9, 'UTC') DEFAULT now64(9) COMMENT 'when it was recorded; the latest row of a sighting stands',
    rule         LowCardinality(String),
    rule_version LowCardinality(String),
    family       LowCardinality(String),
    tier         LowCardinality(String),
    score        Float64,
    actor_kind   LowCardinality(String),
    actor        String CODEC(ZSTD(1)),
    title        String CODEC(ZSTD(1)),
    reason       String CODEC(ZSTD(1)),
    api          LowCardinality(String),
    segment      LowCardinality(String),
    via          LowCardinality(String),
    record       String COMMENT 'id of the event' CODEC(ZSTD(1)),
    source       LowCardinality(String),
    gateway      LowCardinality(String),
    file         LowCardinality(String),
    line         UInt64,
    request_id   String CODEC(ZSTD(1)),
    method       LowCardinality(String),
    host         LowCardinality(String),
    path         String CODEC(ZSTD(1)),
    status       Int32,
    user_agent   String CODEC(ZSTD(1)),
    discarded    Bool,
    block_id     String
) ENGINE = {{engine "ReplacingMergeTree" "received"}}
ORDER BY (id, sighting)
SETTINGS {{deduplication_window}};

{{distributed "findings" "cityHash64(id)"}};

-- An actor after each change.
CREATE TABLE IF NOT EXISTS {{local "actors"}} {{on_cluster}} (
    id         String COMMENT 'kind:value',
    kind       LowCardinality(String),
    value      String,
    at         DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    tier       LowCardinality(String),
    reasons    Array(String) CODEC(ZSTD(1)),
    families   Array(LowCardinality(String)),
    findings   UInt64,
    first_seen DateTime64(9, 'UTC') CODEC(ZSTD(1)),
    last_seen  DateTime64(9, 'UTC') CODEC(ZSTD(1)),
    block_id   String,
    received   DateTime64(9, 'UTC') DEFAULT now64(9)
) ENGINE = {{engine "ReplacingMergeTree" "received"}}
ORDER BY (id, at)
SETTINGS {{deduplication_window}};

{{distributed "actors" "cityHash64(id)"}};

-- What happened to blocks: append-only.
CREATE TABLE IF NOT EXISTS {{local "block_log"}} {{on_cluster}} (
    id               String,
    block_id         String,
    at               DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    event            LowCardinality(String) COMMENT 'added, refused, expired, removed, replaced, confirmed or withdrawn',
    segment          LowCardinality(String),
    scope            LowCardinality(String),
    target           String CODEC(ZSTD(1)),
    action           LowCardinality(String),
    mode             LowCardinality(String),
    lifetime_seconds Int64,
    reason           String CODEC(ZSTD(1)),
    rule             LowCardinality(String),
    rule_version     LowCardinality(String),
    findings         Array(String) CODEC(ZSTD(1)),
    by               LowCardinality(String),
    approved_by      LowCardinality(String),
    revision         UInt64,
    denied           UInt64 COMMENT 'requests refused on it so far',
    received         DateTime64(9, 'UTC') DEFAULT now64(9)
) ENGINE = {{engine "ReplacingMergeTree" "received"}}
ORDER BY (at, id)
SETTINGS {{deduplication_window}};

{{distributed "block_log" "cityHash64(id)"}};

-- What people did.
CREATE TABLE IF NOT EXISTS {{local "audit"}} {{on_cluster}} (
    id       String,
    at       DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    who      LowCardinality(String),
    role     LowCardinality(String),
    address  String,
    action   LowCardinality(String),
    subject  String CODEC(ZSTD(1)),
    detail   String COMMENT 'JSON' CODEC(ZSTD(1)),
    outcome  LowCardinality(String),
    received DateTime64(9, 'UTC') DEFAULT now64(9)
) ENGINE = {{engine "ReplacingMergeTree" "received"}}
ORDER BY (at, id)
SETTINGS {{deduplication_window}};

{{distributed "audit" "cityHash64(id)"}};
