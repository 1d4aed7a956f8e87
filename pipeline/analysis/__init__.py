"""Commands that read the tables: export, report, query, score, plot. None of them loads Beam.

Tested elsewhere: arguments, plot_arguments (tests/pipeline/test_parser.py); plot_archive, plot_timeline
(tests/pipeline/analysis/test_plot.py); query_output (tests/pipeline/analysis/test_query.py); score_table
(tests/pipeline/analysis/test_score.py); tally (tests/pipeline/analysis/test_export.py).
"""
