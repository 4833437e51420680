-- The life of a block, oldest event first.
SELECT at, event, block_id, segment, target, reason, by, toInt64(denied)
FROM block_log FINAL
WHERE block_id = {block_id:String}
ORDER BY at, id
