-- How many laughs of each kind does each network have in each year (UTC)?
WITH kinds AS (
    SELECT recording_id, year(start_utc) AS year, kind, count(*) AS laughs, sum(end_s - start_s) AS laughing_s
    FROM events GROUP BY ALL
)
SELECT network, year, kind, sum(laughs)::BIGINT AS laughs, sum(laughing_s) AS laughing_s
FROM kinds JOIN recordings USING (recording_id)
GROUP BY network, year, kind
ORDER BY network, year, kind
