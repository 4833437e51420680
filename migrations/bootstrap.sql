CREATE DATABASE IF NOT EXISTS {{database}} {{on_cluster}};

CREATE TABLE IF NOT EXISTS {{local "schema_migrations"}} {{on_cluster}} (
    version    UInt32,
    name       String,
    checksum   String COMMENT 'SHA-256 of the file as shipped, before placeholders are filled in',
    applied_at DateTime('UTC') DEFAULT now(),
    applied_by String
) ENGINE = {{engine "ReplacingMergeTree" "applied_at"}}
ORDER BY version;
