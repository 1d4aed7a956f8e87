-- What is heard while people laugh?
-- parameter least = 0.5: from which mean over the laugh on something counts as heard, 0 to 1
WITH heard AS (
    SELECT
        end_s - start_s AS length_s,
        unnest([
            CASE WHEN speech >= $least::DOUBLE THEN 'speech' END,
            CASE WHEN music >= $least::DOUBLE THEN 'music' END,
            CASE WHEN applause >= $least::DOUBLE THEN 'applause' END,
            CASE WHEN crowd >= $least::DOUBLE THEN 'crowd' END,
            CASE WHEN greatest(speech, music, applause, crowd) < $least::DOUBLE THEN 'nothing else' END,
            CASE WHEN speech IS NULL THEN 'not known' END
        ]) AS beside
    FROM events
)
SELECT
    beside,
    count(*) AS laughs,
    count(*) / (SELECT count(*) FROM events) AS share_of_laughs,
    sum(length_s) AS laughing_s,
    median(length_s) AS median_length_s
FROM heard
WHERE beside IS NOT NULL
GROUP BY beside
ORDER BY laughs DESC, beside
