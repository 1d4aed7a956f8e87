"""MPEG transport streams as they come from the air: packets, tables, the clock, and the sound for ffmpeg to decode.

No ffmpeg, no samples: bytes of a file in, bytes of its sound out, with times that can be trusted.

Tested elsewhere: sound, stamps, surroundings, waiting (tests/transforms/decode/test_broadcast_clock.py).
"""
