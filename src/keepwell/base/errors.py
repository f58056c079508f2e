"""The root of every anticipated error. An error carries fields and says what happened and what to do."""


class KeepwellError(Exception):
    """An anticipated failure: shown to a person as it is, never with a traceback."""
