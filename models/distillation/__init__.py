"""The compact bundle from labelled clips and a teacher: data, fitting, thresholds, report, measuring, training.

Tested elsewhere: data, fit, measure, recipe, work_files (tests/models/distillation/test_train.py).
"""
