"""What every layer may use and that knows nothing of laughter: errors, files, storage, text.

Nothing here imports another of our packages, nor Beam, argparse or rich.
"""
