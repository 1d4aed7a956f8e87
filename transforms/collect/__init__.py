"""Labelled clips out of Debian packages and speech synthesisers: fetched, unpacked, cut, listed in a manifest.

Tested elsewhere: debian, debian_sources, package, speech (tests/transforms/collect/test_collect.py).
"""
