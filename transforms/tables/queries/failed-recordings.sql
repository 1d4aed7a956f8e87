-- Which recordings failed or broke off, and why?
SELECT status, stage, error, recording_id, path, duration_s, audio_s
FROM recordings
WHERE status <> 'done'
ORDER BY status, stage, recording_id
