-- Who laughed within some seconds of a given time?
-- parameter time: a moment in UTC, such as 2016-01-01T00:10:00
-- parameter within = 10: seconds
SELECT
    e.start_utc, e.end_utc, e.kind, e.score_max, r.network, r.title, e.recording_id, e.start_s, e.end_s
FROM events AS e JOIN recordings AS r USING (recording_id)
WHERE e.start_utc <= $time::TIMESTAMPTZ + to_microseconds(round($within::DOUBLE * 1e6)::BIGINT)
    AND e.end_utc >= $time::TIMESTAMPTZ - to_microseconds(round($within::DOUBLE * 1e6)::BIGINT)
ORDER BY e.start_utc, e.recording_id
