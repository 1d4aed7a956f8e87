"""Commands around models: models, train, train-compact, evaluate, collect-audio. The work itself is in models.

Tested elsewhere: arguments (tests/pipeline/test_parser.py); evaluate_heads, evaluate_spans, evaluate_table
(tests/pipeline/training/test_evaluate.py); models_command (tests/pipeline/test_cli.py).
"""
