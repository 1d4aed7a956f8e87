"""Networks and what surrounds them: log-mel, VGGish, compact, the PCA, the embedder, the head in TensorFlow and
in Keras, the 2017 files, the tracker.

Arrays in, arrays out. No bundles, no training loop, no evaluation.

Tested elsewhere: head_files, keras_head (tests/models/networks/test_head.py); threads
(tests/models/networks/test_embedder.py); weight_files
(tests/models/networks/test_compact.py, test_track_network.py).
"""
