-- Traffic by the minute, kept up to date by each insert into events. It is
-- partitioned by the day of receipt as events are, so that an insert stays
-- one part here too and a resent one is recognised.
CREATE TABLE IF NOT EXISTS {{local "traffic_1m"}} {{on_cluster}} (
    received_day   Date CODEC(ZSTD(1)),
    minute         DateTime('UTC') CODEC(Delta, ZSTD(1)),
    gateway        LowCardinality(String),
    kind           LowCardinality(String),
    api            LowCardinality(String),
    route          LowCardinality(String),
    method         LowCardinality(String),
    status_class   UInt8 COMMENT '2 = 2xx …; 0 = no answer or unknown',
    requests       SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    denied         SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    request_bytes  SimpleAggregateFunction(sum, Int64) COMMENT 'of the requests that told it' CODEC(ZSTD(1)),
    response_bytes SimpleAggregateFunction(sum, Int64) COMMENT 'of the answers that told it' CODEC(ZSTD(1)),
    duration       AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Nullable(Int64)) CODEC(ZSTD(1))
) ENGINE = {{engine "AggregatingMergeTree"}}
PARTITION BY received_day
ORDER BY (minute, gateway, kind, api, route, method, status_class, received_day)
SETTINGS ttl_only_drop_parts = 1, {{deduplication_window}};

{{distributed "traffic_1m" "rand()"}};

CREATE MATERIALIZED VIEW IF NOT EXISTS {{local "traffic_1m_view"}} {{on_cluster}}
TO {{local "traffic_1m"}} AS
SELECT
    toDate(received)                                    AS received_day,
    toStartOfMinute(toDateTime(time, 'UTC'))            AS minute,
    gateway,
    kind,
    api,
    route,
    method,
    toUInt8(if(ifNull(status, 0) BETWEEN 100 AND 599, intDiv(ifNull(status, 0), 100), 0)) AS status_class,
    count()                                             AS requests,
    countIf(decision_action = 'deny')                   AS denied,
    sum(ifNull(request_bytes, 0))                       AS request_bytes,
    sum(ifNull(response_bytes, 0))                      AS response_bytes,
    quantilesTDigestState(0.5, 0.95, 0.99)(duration)    AS duration
FROM {{local "events"}}
GROUP BY received_day, minute, gateway, kind, api, route, method, status_class;
