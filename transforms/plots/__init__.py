"""Figures by matplotlib of what elsewhere was computed: timeline, archive, evaluation, score. No page, no file.

Tested elsewhere: archive, archive_totals, evaluation, score, style, timeline (tests/transforms/plots/test_plots.py,
tests/pipeline/analysis/test_plot.py).
"""
