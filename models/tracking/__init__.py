"""The tracker from labelled sounds: scenes whose truth is known, fitting, thresholds, training.

Tested elsewhere: data, fit, recipe (tests/models/tracking/test_train.py).
"""
