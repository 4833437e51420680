-- One record, unless it has left the quarantine: its last outcome stands.
SELECT id, received, agent, source, gateway, format, file_path, file, offset, line, length, reason, excerpt
FROM (
    SELECT id, received, agent, source, gateway, format, file_path, file, offset, line, length, reason, excerpt, toUInt64(0) AS attempt
    FROM quarantine
    WHERE file = {file:String} AND offset = {offset:UInt64}
    UNION ALL
    SELECT id, received, agent, source, gateway, format, file_path, file, offset, line, length, reason, excerpt, attempt
    FROM quarantine_outcomes
    WHERE file = {file:String} AND offset = {offset:UInt64}
)
ORDER BY attempt DESC
LIMIT 1
