"""Many recordings in one run: nothing is left open, running or in memory for each of them."""

RECORDINGS = 120
