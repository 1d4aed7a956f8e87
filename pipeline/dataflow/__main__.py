"""`python -m pipeline.dataflow`, which run_dataflow.sh calls."""

import sys

from pipeline.dataflow.launch import main

if __name__ == "__main__":
    sys.exit(main())
