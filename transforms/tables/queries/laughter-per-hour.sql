-- Which shows have the most laughter per hour?
-- parameter hours = 0: only shows of which there are at least so many hours of sound
WITH laughs AS (
    SELECT recording_id, count(*) AS laughs, sum(end_s - start_s) AS laughing_s FROM events GROUP BY recording_id
)
SELECT
    network,
    title,
    count(*) AS recordings,
    sum(audio_s) / 3600 AS hours,
    coalesce(sum(laughs), 0)::BIGINT AS laughs,
    coalesce(sum(laughs), 0) / nullif(sum(audio_s) / 3600, 0) AS laughs_per_hour,
    coalesce(sum(laughing_s), 0) / nullif(sum(audio_s) / 3600, 0) AS laughing_s_per_hour
FROM recordings LEFT JOIN laughs USING (recording_id)
WHERE status <> 'failed'
GROUP BY network, title
HAVING sum(audio_s) / 3600 >= $hours::DOUBLE
ORDER BY laughing_s_per_hour DESC NULLS LAST, network, title
