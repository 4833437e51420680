-- How many records are in quarantine: those that were never settled.
SELECT toInt64(count()) FROM quarantine
WHERE (agent, file, offset) GLOBAL NOT IN (SELECT agent, file, offset FROM quarantine_outcomes WHERE reason = '')
