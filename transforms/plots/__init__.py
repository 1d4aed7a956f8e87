"""Figures by matplotlib of what elsewhere was computed: timeline, archive, evaluation, score. No page, no file."""
