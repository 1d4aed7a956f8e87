"""A recording to seconds of 16 kHz sound, by ffmpeg: command, process, report, timeline, outcome.

Plain generators; no Beam, no network, no store.

Tested elsewhere: containers (tests/transforms/embed/test_sidecars.py); ffmpeg_command, ffmpeg_process,
ffmpeg_report, outcome, settings (tests/transforms/decode/test_decode.py).
"""
