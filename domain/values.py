"""The values that commands and events are made of, with their limits."""

import re
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, Self

import msgspec

ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$(?!\n)"
SENSITIVE: Final = "sensitive"

type Id = Annotated[str, msgspec.Meta(pattern=ID_PATTERN)]
type Quantity = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
type Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""UTC as RFC 3339 with six decimals and Z, so that its text sorts as time."""
type Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
type Sensitive[T] = Annotated[T, msgspec.Meta(extra={SENSITIVE: True})]
"""Personal data: never in a state, a read model, a command's hash or a log."""

_ID = re.compile(ID_PATTERN)


class InvalidValue(ValueError):
    """A value of the right type beyond its limits; `pointer` (RFC 6901) says where in the body."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail)
        self.pointer = pointer


class Money(Decimal):
    """An amount with at most two decimals: exact in code, a JSON number on the wire and in events.

    The maximum is the largest amount that a double, which a JSON number is, still holds to the cent.
    """

    __slots__ = ()
    maximum: ClassVar[Decimal] = Decimal("9999999999999.99")

    @classmethod
    def parse(cls, value: object) -> Self:
        """From a JSON number. Raises ValueError for anything else, and for what is beyond the limits."""
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise ValueError(f"Expected a number, got {type(value).__name__}")
        amount = Decimal(str(value))
        if not amount.is_finite() or not 0 <= amount <= cls.maximum:
            raise ValueError(f"Expected an amount from 0 to {cls.maximum}")
        if amount != round(amount, 2):
            raise ValueError("Expected an amount with at most two decimals")
        return cls(amount)

    def number(self) -> int | float:
        """The JSON number that stands for it."""
        return int(self) if self == self.to_integral_value() else float(self)


class Price(Money):
    """What one piece costs."""

    __slots__ = ()
    maximum: ClassVar[Decimal] = Decimal(1_000_000)


def is_id(text: str) -> bool:
    """Whether a text can be an aggregate's id."""
    return _ID.match(text) is not None


def from_json(kind: type, value: object) -> Any:
    """msgspec's hook to read the types that it does not know."""
    if issubclass(kind, Money):
        return kind.parse(value)
    raise TypeError(f"no way to read a {kind.__name__}")


def to_json(value: object) -> Any:
    """msgspec's hook to write the types that it does not know."""
    if isinstance(value, Money):
        return value.number()
    raise TypeError(f"no way to write a {type(value).__name__}")


def json_schema(kind: type) -> dict[str, Any]:
    """msgspec's hook to describe the types that it does not know, as JSON Schema."""
    if issubclass(kind, Money):
        return {
            "type": "number",
            "minimum": 0,
            "maximum": Money(kind.maximum).number(),
            "multipleOf": 0.01,
        }
    raise TypeError(f"no schema for a {kind.__name__}")
