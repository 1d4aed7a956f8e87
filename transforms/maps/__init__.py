"""Maps of clips by t-SNE: which clips, a balanced sample, their features, the projection, the figure."""
