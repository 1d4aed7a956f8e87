"""HTML pages that work alone, from disk and without a network: the report and the map; their files are in assets/.

Figures as pictures are in transforms/plots.

Tested elsewhere: html (tests/transforms/pages/test_report.py); map (tests/pipeline/analysis/test_plot_tsne.py).
"""
