-- Which laughs are the longest?
SELECT
    e.end_s - e.start_s AS length_s, e.kind, e.score_max, r.network, r.title, e.recording_id, e.start_s, e.end_s,
    e.start_utc
FROM events AS e JOIN recordings AS r USING (recording_id)
ORDER BY length_s DESC, e.recording_id, e.start_s
