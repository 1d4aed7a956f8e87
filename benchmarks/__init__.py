"""Commands that print ratios taken in one run; nothing of it is asserted in tests, for machines are noisy."""
