"""A recording to seconds of 16 kHz sound, by ffmpeg: command, process, report, timeline, outcome.

Plain generators; no Beam, no network, no store.
"""
