"""Annotation files of other tools: ELAN, Praat, Audacity, Red Hen, WebVTT, RTTM, CSV, JSON lines; written and read.

Text in, records out, and back; scoring them is in models/evaluation.

Tested elsewhere: annotations, readers (tests/pipeline/analysis/test_score.py); export, names, sfx, tiers
(tests/transforms/formats/test_writers.py).
"""
