"""What a person runs: the command line, its options, what is said on the terminal, and the Beam graph of each job.

- cli.py, parser.py, completion.py, reference.py: the entry, every command by name, what is made from the parser
- notice.py: NOTICE, made from the bundles' cards
- jobs: detect and shards, with Beam; dataflow: both on Google's service
- analysis: what reads the tables; training: what makes and measures models
- engine_options.py, paths.py, console.py, progress.py, outputs.py: what several commands share

The work itself is in transforms and models, which know neither arguments nor a terminal.

Tested elsewhere: completion, reference (tests/pipeline/test_parser.py); outputs
(tests/pipeline/analysis/test_plot.py, test_score.py); paths (tests/pipeline/analysis/test_export.py).
"""
