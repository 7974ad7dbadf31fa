"""The one way in which a command of `make` refuses."""


class Trouble(Exception):
    """A reason not to go on: one sentence that says what is wrong and what to do."""
