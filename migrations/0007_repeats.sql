-- How many further records of its batch a finding by a rule stands for.
ALTER TABLE {{local "findings"}} {{on_cluster}} ADD COLUMN IF NOT EXISTS repeats UInt64 COMMENT 'further records of the same batch, rule and actor';
ALTER TABLE {{table "findings"}} {{on_cluster}} ADD COLUMN IF NOT EXISTS repeats UInt64 COMMENT 'further records of the same batch, rule and actor';
