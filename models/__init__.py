"""Arrays in, arrays out, no Beam: log-mel, embedders, the hybrid head, bundles, training."""

import os

# Must be set before TensorFlow's first import. TensorFlow 2.17 reports as errors, at every start, that its GPU
# libraries register twice; what really fails raises an exception.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
