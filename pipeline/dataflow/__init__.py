"""`python -m pipeline.dataflow`, which run_dataflow.sh runs: the two jobs on Dataflow, checked before they start.

The jobs themselves are in pipeline/jobs; no other runner needs more than Beam's own options.

Tested elsewhere: __main__, arguments, checks, launch, package, template (tests/pipeline/dataflow/test_dataflow.py).
"""
