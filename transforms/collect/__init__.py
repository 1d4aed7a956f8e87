"""Labelled clips out of Debian packages and speech synthesisers: fetched, unpacked, cut, listed in a manifest."""
