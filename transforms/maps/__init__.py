"""Maps of clips by t-SNE: which clips, a balanced sample, their features, the projection, the figure.

Tested elsewhere: clips, figure, sounds (tests/pipeline/analysis/test_plot_tsne.py).
"""
