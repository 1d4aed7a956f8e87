"""What a person runs: the command line, its options, and the Beam graph of each job."""
