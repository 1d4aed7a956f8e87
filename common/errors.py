"""Errors whose message is one sentence for the user: what is wrong, with which file, and what to do."""


class LaughterError(Exception):
    """Something went wrong that the message explains; no traceback is needed."""

    exit_status = 1


class UsageError(LaughterError, ValueError):
    """What the user asked for cannot be done as asked."""

    exit_status = 2


class ModelError(UsageError):
    """A model that cannot be used; the message is one sentence that names it and says what to do."""
