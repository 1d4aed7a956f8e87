"""Arrays in, arrays out: networks, bundles, sounds, training, measuring, and what turns scores into events.

No Beam, no command line, no terminal: who calls these functions decides where the arrays come from and what is shown.

- networks: from sound to embeddings to scores, in TensorFlow and Keras
- bundles: a card and its weights, opened and chosen; the shipped ones lie there too
- sounds: what is learned from where no recordings are: made, mixed, damaged
- evaluation: how good scores and events are
- training: heads on shards; distillation: the compact bundle from a teacher
- constants.py, events.py, shard_format.py, load_shards.py: what several rooms share

Tested elsewhere: constants, shard_format (tests/transforms/shards/test_shuffle.py); embedding_space
(tests/models/bundles/test_card.py, tests/pipeline/training/test_evaluate.py).
"""

import os

# The one statement in an __init__: it must run before TensorFlow's first import, whoever imports what. TensorFlow 2.17
# reports as errors, at every start, that its GPU libraries register twice; what really fails raises an exception.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
