"""From the store to the tables: windows classified, days written and pruned; and the tables read back, and queried.

Nothing here decodes or embeds, and nothing draws.

Tested elsewhere: annotate_recordings, classify_windows, write_tables (tests/pipeline/jobs/test_detect.py,
test_recovery.py); prune (tests/pipeline/jobs/test_prune.py); schemas (tests/docs/test_data_dictionary.py).
"""
