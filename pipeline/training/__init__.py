"""Commands around models: models, train, train-compact, evaluate, collect-audio. The work itself is in models."""
