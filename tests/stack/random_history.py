"""A shop at random: orders live their lives beside each other, and now and then somebody asks for what
cannot be."""

from decimal import Decimal
from itertools import count
from random import Random
from typing import Any, Final

from domain.aggregate import Aggregate, Command
from domain.order import ORDER, CancelOrder, DeliverOrder, Item, PlaceOrder, ShipOrder
from domain.product import PRODUCT, ReceiveStock, ReleaseStock, ReserveStock, ShipStock
from domain.values import Price

AT_ONCE: Final = 5
"""Orders that are under way at the same time."""
PRODUCTS: Final = 6
RARE: Final = 25
"""Further products, which are hardly ever asked for."""
CUSTOMERS: Final = 15
WIDE: Final = 110
"""Products of an order that has more rows in a report than a transactional batch holds."""

type Asked = tuple[Aggregate[Any, Any, Any], str, Command]
"""A command, and the aggregate that it is for."""


class RandomHistory:
    """What callers ask for, the same for the same seed. Most of it succeeds, some is refused."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._numbers = count()
        self._lives: list[list[Asked]] = []

    def ask(self) -> Asked:
        """The next command."""
        match self._random.choices(("live", "receive", "stray"), (44, 50, 6))[0]:
            case "live":
                return self._live()
            case "receive":
                return PRODUCT, self._product(), ReceiveStock(quantity=self._random.randint(1, 50))
            case _:
                return self._stray()

    def _live(self) -> Asked:
        """What comes next for an order under way."""
        while len(self._lives) < AT_ONCE:
            self._lives.append(self._life(f"o{next(self._numbers)}"))
        life = self._random.choice(self._lives)
        asked = life.pop(0)
        if not life:
            self._lives.remove(life)
        return asked

    def _life(self, order: str) -> list[Asked]:
        """All that becomes of an order: delivered, sent and never heard of, cancelled or forgotten."""
        product, quantity = self._product(), self._random.randint(1, 5)
        begin: list[Asked] = [
            (ORDER, order, self._place()),
            (PRODUCT, product, ReserveStock(order_id=order, quantity=quantity)),
        ]
        send: list[Asked] = [
            (ORDER, order, ShipOrder(tracking_number="t")),
            (PRODUCT, product, ShipStock(order_id=order)),
        ]
        cancel: list[Asked] = [
            (ORDER, order, CancelOrder(reason="r")),
            (PRODUCT, product, ReleaseStock(order_id=order)),
        ]
        ends: tuple[list[Asked], ...] = ([*send, (ORDER, order, DeliverOrder())], send, cancel, [])
        return begin + self._random.choices(ends, (5, 1, 3, 1))[0]

    def _stray(self) -> Asked:
        """Any command to any order: most are too late."""
        order = f"o{self._random.randrange(next(self._numbers) + 1)}"
        return self._random.choice(self._life(order))

    def _place(self) -> PlaceOrder:
        products = [self._product() for _ in range(self._random.randint(1, 6))]
        if self._random.random() < 0.02:
            products = [f"p{number}" for number in range(WIDE)]
        return PlaceOrder(
            customer_id=f"c{self._random.randrange(CUSTOMERS)}",
            items=tuple(map(self._item, products)),
            currency=self._random.choice(("USD", "EUR")),
        )

    def _item(self, product: str) -> Item:
        cents = Decimal(self._random.randint(1, 99_999))
        return Item(product, self._random.randint(1, 9), Price(cents / 100))

    def _product(self) -> str:
        first, number = (PRODUCTS, RARE) if self._random.random() < 0.1 else (0, PRODUCTS)
        return f"p{first + self._random.randrange(number)}"
