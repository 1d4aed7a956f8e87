"""From what is heard over time to events: windows (1 s and 10 s, how they are combined), segments (thresholds and
hysteresis, of seconds and of tenths), find (the events themselves).

Arrays in, records out. No networks, no files.
"""
