"""Aggregate functions over the values of a group."""

from local.cosmos.sql.values import UNDEFINED, Value, is_number, order_key, rank


def aggregate(name: str, values: list[Value]) -> Value:
    """COUNT, COUNTIF, SUM, AVG, MIN or MAX; undefined values don't count."""
    defined = [value for value in values if value is not UNDEFINED]
    match name:
        case "COUNT":
            return len(defined)
        case "COUNTIF":
            return sum(value is True for value in defined)
        case "SUM" | "AVG":
            return _total(name, defined)
        case _:
            return _extreme(name, defined)


def _total(name: str, values: list[Value]) -> Value:
    """Undefined when one value is no number; the sum of nothing is 0, its average undefined."""
    if not all(map(is_number, values)):
        return UNDEFINED
    if name == "SUM":
        return sum(values)
    return sum(values) / len(values) if values else UNDEFINED


def _extreme(name: str, values: list[Value]) -> Value:
    """Arrays and objects have no order: with one among them the result is undefined."""
    if not values or any(rank(value) > rank("") for value in values):
        return UNDEFINED
    return (min if name == "MIN" else max)(values, key=order_key)
