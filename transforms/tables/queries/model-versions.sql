-- What did each model make?
WITH heard AS (
    SELECT
        bundle_version, head, embedder, count(*) AS recordings, count(*) FILTER (status = 'failed') AS failed,
        sum(audio_s) / 3600 AS hours, min(start_utc) AS first_utc, max(start_utc) AS last_utc
    FROM recordings GROUP BY ALL
), found AS (
    SELECT
        bundle_version, head, embedder, count(*) AS laughs, sum(end_s - start_s) AS laughing_s,
        avg(score_max) AS mean_score_max
    FROM events GROUP BY ALL
)
SELECT
    bundle_version, head, embedder, recordings, failed, hours, first_utc, last_utc, coalesce(laughs, 0) AS laughs,
    coalesce(laughing_s, 0) AS laughing_s, mean_score_max
FROM heard LEFT JOIN found USING (bundle_version, head, embedder)
ORDER BY bundle_version, head, embedder
