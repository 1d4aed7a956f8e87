"""From the store to the tables: windows classified, days written and pruned; and the tables read back, and queried.

Nothing here decodes or embeds, and nothing draws.
"""
