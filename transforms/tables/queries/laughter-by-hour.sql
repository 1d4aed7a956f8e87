-- How much laughter is there at each hour of the day?
-- parameter zone = UTC: time zone of the hours, such as America/New_York
WITH heard AS (
    SELECT
        timezone($zone, start_utc) AS began,
        timezone($zone, start_utc) + to_microseconds(round(audio_s * 1e6)::BIGINT) AS ended
    FROM recordings WHERE start_utc IS NOT NULL AND status <> 'failed'
), hours AS (
    SELECT *, unnest(range(date_trunc('hour', began), ended, INTERVAL 1 HOUR)) AS whole FROM heard
), sound AS (
    SELECT
        hour(whole) AS hour,
        sum(epoch(least(ended, whole + INTERVAL 1 HOUR)) - epoch(greatest(began, whole))) / 3600 AS hours
    FROM hours GROUP BY ALL
), laughs AS (
    SELECT hour(timezone($zone, start_utc)) AS hour, count(*) AS laughs, sum(end_s - start_s) AS laughing_s
    FROM events WHERE start_utc IS NOT NULL GROUP BY ALL
)
SELECT
    hour,
    sound.hours,
    coalesce(laughs, 0) AS laughs,
    coalesce(laughs, 0) / sound.hours AS laughs_per_hour,
    coalesce(laughing_s, 0) / sound.hours AS laughing_s_per_hour
FROM sound LEFT JOIN laughs USING (hour)
ORDER BY hour
