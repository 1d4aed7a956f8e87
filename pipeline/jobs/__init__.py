"""The two Beam jobs, detect and shards: their options, plan, graph, progress and summary; and the sample broadcast.

What flows through the graphs is in transforms.
"""
