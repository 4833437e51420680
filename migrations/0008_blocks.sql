-- What a block does besides denying, for whom, and what it belongs to.
ALTER TABLE {{local "block_log"}} {{on_cluster}}
    ADD COLUMN IF NOT EXISTS terms String COMMENT 'JSON; empty = the action''s defaults' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS percent UInt8 COMMENT 'of the clients, in mode canary',
    ADD COLUMN IF NOT EXISTS batch String COMMENT 'blocks that were made together' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS repeat UInt32 COMMENT 'blocks of late that this one follows on the same target',
    MODIFY COLUMN event LowCardinality(String) COMMENT 'added, refused, expired, removed, replaced, staged, pending, rejected, lapsed, confirmed or withdrawn';
ALTER TABLE {{table "block_log"}} {{on_cluster}}
    ADD COLUMN IF NOT EXISTS terms String COMMENT 'JSON; empty = the action''s defaults',
    ADD COLUMN IF NOT EXISTS percent UInt8 COMMENT 'of the clients, in mode canary',
    ADD COLUMN IF NOT EXISTS batch String COMMENT 'blocks that were made together',
    ADD COLUMN IF NOT EXISTS repeat UInt32 COMMENT 'blocks of late that this one follows on the same target';
