"""What is wrong with a query's text."""


class SqlError(Exception):
    """The text is no valid query; the service answers 400 with this message."""
