-- What a statistical finding rests on, who answers for what it is about, and
-- what the evidence about an actor comes to.
ALTER TABLE {{local "findings"}} {{on_cluster}}
    ADD COLUMN IF NOT EXISTS owner LowCardinality(String) COMMENT 'team that answers for the endpoint',
    ADD COLUMN IF NOT EXISTS shape LowCardinality(String) COMMENT 'of an anomaly; empty = no statistic',
    ADD COLUMN IF NOT EXISTS series String COMMENT 'what was counted or measured' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS unit LowCardinality(String),
    ADD COLUMN IF NOT EXISTS expected Nullable(Float64),
    ADD COLUMN IF NOT EXISTS seen Nullable(Float64),
    ADD COLUMN IF NOT EXISTS lower Nullable(Float64) COMMENT 'what is ordinary, from',
    ADD COLUMN IF NOT EXISTS upper Nullable(Float64) COMMENT 'to',
    ADD COLUMN IF NOT EXISTS since Nullable(DateTime64(9, 'UTC')),
    ADD COLUMN IF NOT EXISTS until Nullable(DateTime64(9, 'UTC')) COMMENT 'when it was over; null = it lasts, or has no end',
    ADD COLUMN IF NOT EXISTS probability Nullable(Float64) COMMENT 'of something as far out by chance, for one look',
    ADD COLUMN IF NOT EXISTS parts String COMMENT 'JSON: what carries the change' CODEC(ZSTD(1));
ALTER TABLE {{table "findings"}} {{on_cluster}}
    ADD COLUMN IF NOT EXISTS owner LowCardinality(String) COMMENT 'team that answers for the endpoint',
    ADD COLUMN IF NOT EXISTS shape LowCardinality(String) COMMENT 'of an anomaly; empty = no statistic',
    ADD COLUMN IF NOT EXISTS series String COMMENT 'what was counted or measured',
    ADD COLUMN IF NOT EXISTS unit LowCardinality(String),
    ADD COLUMN IF NOT EXISTS expected Nullable(Float64),
    ADD COLUMN IF NOT EXISTS seen Nullable(Float64),
    ADD COLUMN IF NOT EXISTS lower Nullable(Float64) COMMENT 'what is ordinary, from',
    ADD COLUMN IF NOT EXISTS upper Nullable(Float64) COMMENT 'to',
    ADD COLUMN IF NOT EXISTS since Nullable(DateTime64(9, 'UTC')),
    ADD COLUMN IF NOT EXISTS until Nullable(DateTime64(9, 'UTC')) COMMENT 'when it was over; null = it lasts, or has no end',
    ADD COLUMN IF NOT EXISTS probability Nullable(Float64) COMMENT 'of something as far out by chance, for one look',
    ADD COLUMN IF NOT EXISTS parts String COMMENT 'JSON: what carries the change';
ALTER TABLE {{local "actors"}} {{on_cluster}} ADD COLUMN IF NOT EXISTS risk Float64 COMMENT 'what the evidence comes to, 0..1';
ALTER TABLE {{table "actors"}} {{on_cluster}} ADD COLUMN IF NOT EXISTS risk Float64 COMMENT 'what the evidence comes to, 0..1';
