"""The compact bundle from labelled clips and a teacher: data, fitting, thresholds, report, measuring, training.

Tested elsewhere: data, fit, measure, recipe (tests/models/distillation/test_train.py).
"""
