-- One row a log line. Text that a log does not tell is '', a number NULL.
CREATE TABLE IF NOT EXISTS {{local "events"}} {{on_cluster}} (
    time              DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    received          DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    agent             LowCardinality(String) COMMENT 'agent that shipped the line; empty = the service itself',
    source            LowCardinality(String),
    gateway           LowCardinality(String),
    kind              LowCardinality(String) COMMENT 'access or decoy',
    direction         LowCardinality(String) COMMENT 'ingress or egress',
    format            LowCardinality(String),
    format_version    UInt16 CODEC(ZSTD(1)),
    file              LowCardinality(String) COMMENT 'identity of the file',
    file_path         LowCardinality(String) COMMENT 'path when it was read',
    offset            UInt64 CODEC(Delta, ZSTD(1)),
    line              UInt64 CODEC(Delta, ZSTD(1)),
    length            UInt32 CODEC(T64, ZSTD(1)),
    peer_address      String CODEC(ZSTD(1)),
    client_address    String CODEC(ZSTD(1)),
    forwarded_for     String CODEC(ZSTD(1)),
    method            LowCardinality(String),
    host              LowCardinality(String),
    path              String CODEC(ZSTD(1)),
    query             String CODEC(ZSTD(1)),
    protocol          LowCardinality(String),
    route             LowCardinality(String),
    route_origin      LowCardinality(String),
    status            Nullable(Int32) COMMENT '0 = the client left before an answer' CODEC(ZSTD(1)),
    request_bytes     Nullable(Int64) CODEC(ZSTD(1)),
    response_bytes    Nullable(Int64) CODEC(ZSTD(1)),
    duration          Nullable(Int64) COMMENT 'nanoseconds' CODEC(ZSTD(1)),
    upstream_duration Nullable(Int64) COMMENT 'nanoseconds' CODEC(ZSTD(1)),
    user_agent        LowCardinality(String) CODEC(ZSTD(1)),
    referer           String CODEC(ZSTD(1)),
    principal_kind    LowCardinality(String),
    principal         String COMMENT 'keyed hash' CODEC(ZSTD(1)),
    application       LowCardinality(String),
    user              String CODEC(ZSTD(1)),
    session           String CODEC(ZSTD(1)),
    tls_fingerprint   LowCardinality(String),
    tls_version       LowCardinality(String),
    request_id        String CODEC(ZSTD(1)),
    api               LowCardinality(String),
    tags              LowCardinality(String) COMMENT 'comma separated',
    tenant            LowCardinality(String),
    content_type      LowCardinality(String),
    header_signature  String CODEC(ZSTD(1)),
    query_signature   String CODEC(ZSTD(1)),
    country           LowCardinality(String),
    network           LowCardinality(String),
    sensitive         LowCardinality(String) COMMENT 'kinds of sensitive data seen, comma separated',
    decision_id       String COMMENT 'decision that our agent took on the request' CODEC(ZSTD(1)),
    decision_action   LowCardinality(String),
    quality           Array(LowCardinality(String)) CODEC(ZSTD(1)),
    id                String ALIAS concat(toString(file), '-', toString(offset)),
    INDEX time_range time TYPE minmax GRANULARITY 1,
    INDEX client_address_bloom client_address TYPE bloom_filter(0.01) GRANULARITY 2,
    INDEX request_id_bloom request_id TYPE bloom_filter(0.01) GRANULARITY 2
) ENGINE = {{engine "MergeTree"}}
PARTITION BY toDate(received)
ORDER BY (received, file, offset)
SETTINGS ttl_only_drop_parts = 1, {{deduplication_window}};

{{distributed "events" "cityHash64(file)"}};

-- What could not be parsed, and why.
CREATE TABLE IF NOT EXISTS {{local "quarantine"}} {{on_cluster}} (
    received  DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
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
    reason    LowCardinality(String),
    excerpt   String COMMENT 'beginning of the record, made printable' CODEC(ZSTD(1)),
    id        String ALIAS concat(toString(file), '-', toString(offset))
) ENGINE = {{engine "MergeTree"}}
PARTITION BY toDate(received)
ORDER BY (received, file, offset)
SETTINGS ttl_only_drop_parts = 1, {{deduplication_window}};

{{distributed "quarantine" "cityHash64(file)"}};
