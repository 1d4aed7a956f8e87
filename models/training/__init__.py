"""Heads trained on shards: recipes, batches, schedule, fitting, and the bundle that comes of it."""
