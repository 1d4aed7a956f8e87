"""Sounds to learn from: synthetic, labelled, mixed, damaged as broadcasts are. Samples in, samples out; no
networks.
"""
