-- What is there of each network: from when to when, how many hours, how many holes?
-- parameter hole = 60: seconds without a recording from which on they are a hole
WITH times AS (
    SELECT
        network, status, audio_s, silence_filled_s, start_utc,
        start_utc + to_microseconds(round(greatest(coalesce(duration_s, 0), audio_s) * 1e6)::BIGINT) AS end_utc
    FROM recordings
), ordered AS (
    SELECT *, max(end_utc) OVER (
        PARTITION BY network, status = 'failed' ORDER BY start_utc ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS ended_utc
    FROM times
), measured AS (
    SELECT *, CASE WHEN status <> 'failed' THEN epoch(start_utc) - epoch(ended_utc) END AS hole_s FROM ordered
)
SELECT
    network,
    min(start_utc) AS first_utc,
    max(end_utc) AS last_utc,
    count(*) AS recordings,
    count(*) FILTER (status = 'failed') AS failed,
    count(*) FILTER (status = 'partial') AS partial,
    sum(audio_s) / 3600 AS hours,
    sum(silence_filled_s) / 3600 AS silence_filled_hours,
    count(*) FILTER (hole_s >= $hole::DOUBLE) AS holes,
    coalesce(sum(hole_s) FILTER (hole_s >= $hole::DOUBLE), 0) / 3600 AS hole_hours
FROM measured
GROUP BY network
ORDER BY network
