-- How much laughter is there in the recordings of each month?
-- parameter zone = UTC: time zone of the months, such as America/New_York
WITH laughs AS (
    SELECT recording_id, count(*) AS laughs, sum(end_s - start_s) AS laughing_s FROM events GROUP BY recording_id
)
SELECT
    strftime(timezone($zone, start_utc), '%Y-%m') AS month,
    count(*) AS recordings,
    sum(audio_s) / 3600 AS hours,
    coalesce(sum(laughs), 0)::BIGINT AS laughs,
    coalesce(sum(laughs), 0) / nullif(sum(audio_s) / 3600, 0) AS laughs_per_hour,
    coalesce(sum(laughing_s), 0) / nullif(sum(audio_s) / 3600, 0) AS laughing_s_per_hour
FROM recordings LEFT JOIN laughs USING (recording_id)
WHERE status <> 'failed'
GROUP BY month
ORDER BY month NULLS LAST
