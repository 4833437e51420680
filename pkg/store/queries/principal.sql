-- What a principal did: by any of its hashes, or by its value where the fields
-- are kept in the clear.
SELECT
    count(),
    min(time),
    max(time),
    groupUniqArray(100)(client_address)
FROM events
WHERE principal IN {values:Array(String)}
    OR user IN {values:Array(String)}
    OR session IN {values:Array(String)}
    OR application IN {values:Array(String)}
