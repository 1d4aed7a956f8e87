"""How good scores and events are: metrics of clips and of events, over all thresholds, marked clips, baselines.

Numbers only: figures are in transforms/plots, tables on the terminal in pipeline.

Tested elsewhere: ranking (tests/models/evaluation/test_clip_metrics.py); threshold_curves
(tests/models/evaluation/test_event_metrics.py).
"""
