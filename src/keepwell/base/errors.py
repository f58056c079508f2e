"""The root of every anticipated error. An error carries fields and says what happened and what to do."""


class KeepwellError(Exception):
    """An anticipated failure: shown to a person as it is, never with a traceback."""


class MisconfiguredError(KeepwellError):
    """Configuration that is read and makes no sense.

    Attributes:
        problem: what is wrong, in words.
        where: names of the tables and the key that lead to it.
    """

    def __init__(self, problem: str, *where: str) -> None:
        super().__init__(problem)
        self.problem, self.where = problem, where
