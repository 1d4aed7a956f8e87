"""Bundles, a card and its weights each: opened, chosen, at which precision; VGGish's files. The shipped ones lie
in compact/ and vggish/.

No training and no measuring: who makes a bundle hands its card over.

Tested elsewhere: bundle, precision (tests/models/bundles/test_selection.py, test_compact_bundle.py).
"""
