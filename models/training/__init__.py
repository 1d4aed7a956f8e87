"""Heads trained on shards: recipes, batches, schedule, fitting, and the bundle that comes of it.

Tested elsewhere: batches, recipes, schedule (tests/models/training/test_fit.py).
"""
