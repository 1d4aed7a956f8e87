-- Which shows have no laughter at all?
WITH laughing AS (SELECT DISTINCT recording_id FROM events)
SELECT network, title, count(*) AS recordings, sum(audio_s) / 3600 AS hours
FROM recordings LEFT JOIN laughing USING (recording_id)
WHERE status <> 'failed'
GROUP BY network, title
HAVING count(laughing.recording_id) = 0
ORDER BY hours DESC, network, title
