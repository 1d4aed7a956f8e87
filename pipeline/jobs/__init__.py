"""The two Beam jobs, detect and shards: their options, plan, graph, progress and summary; and the sample broadcast.

What flows through the graphs is in transforms.

Tested elsewhere: arguments (tests/pipeline/test_parser.py); detect_options, plan
(tests/pipeline/jobs/test_detect.py); sample (tests/pipeline/test_cli.py).
"""
