"""Data in, data out, a room a job, in the order of the flow: plain functions first, a thin PTransform last.

- decode: a recording to seconds of sound; embed: recordings to embeddings in the store; tables: the store to tables
- shards: AudioSet or own labels to training shards; collect: packages to labelled clips
- formats: annotation files; plots: figures; maps: maps of clips; pages: HTML
- run_metrics.py: what detect counts

No command line and no terminal; what needs no files and no Beam is in models.
"""
