"""Sounds to learn from: synthetic, labelled, mixed, damaged as broadcasts are. Samples in, samples out; no
networks.

Tested elsewhere: manifest (tests/pipeline/training/test_train_compact.py); voices
(tests/models/sounds/test_synthesis.py).
"""
