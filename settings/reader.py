"""Settings read one by one from an environment; what is wrong is collected, not raised."""

from collections.abc import Callable, Mapping
from typing import TypeAliasType, get_args

from settings import forms
from settings.model import Connection


class Reader:
    """Reads settings one by one and collects what is wrong."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.faults: list[str] = []

    def text(self, name: str, what: str) -> str:
        value = self._environment.get(name, "")
        if not value:
            self.faults.append(f"{name} is missing: expected {what}")
        return value

    def url(self, name: str) -> str:
        """A service's address, or a `file:` URL that stands for one in development."""
        value = self._environment.get(name, "")
        if not value:
            self.faults.append(f"{name} is missing: expected an https: or file: URL")
        elif not forms.service(value):
            self.faults.append(f"{name} is malformed: expected an https: or file: URL")
        return value

    def whole(self, name: str, least: int, most: int, default: int) -> int:
        value = self._environment.get(name) or str(default)
        number = forms.whole(value)
        if number is not None and least <= number <= most:
            return number
        self.faults.append(f"{name} is malformed: expected a whole number from {least} to {most}")
        return default

    def days(self, name: str, least: int) -> int:
        """A number of days; 0, and where it is absent, stands for never."""
        number = forms.whole(self._environment.get(name) or "0")
        if number is not None and (number == 0 or number >= least):
            return number
        self.faults.append(f"{name} is malformed: expected 0 for never, or {least} days at least")
        return 0

    def intervals(self, name: str) -> dict[str, int]:
        """Numbers by name: `Order=500,Product=50`."""
        value = self._environment.get(name) or ""
        pairs = [pair.partition("=") for pair in value.split(",") if pair]
        intervals = {key.strip(): forms.whole(number.strip()) or 0 for key, _, number in pairs}
        if all(key and interval for key, interval in intervals.items()):
            return intervals
        self.faults.append(
            f"{name} is malformed: expected intervals such as 'Order=500,Product=50'"
        )
        return {}

    def choice[C: str](self, name: str, kind: TypeAliasType, default: C) -> C:
        """One of the texts that a Literal lists."""
        value = self._environment.get(name) or default
        known: tuple[C, ...] = get_args(kind.__value__)
        for choice in known:
            if choice == value:
                return choice
        expected = " or ".join(f"'{choice}'" for choice in known)
        self.faults.append(f"{name} is malformed: expected {expected}")
        return default

    def optional(self, name: str, is_right: Callable[[str], bool], what: str) -> str | None:
        value = self._environment.get(name) or None
        if value and not is_right(value):
            self.faults.append(f"{name} is malformed: expected {what}")
        return value

    def addresses(self, name: str) -> tuple[str, ...]:
        """URLs, separated by commas; none where it is absent."""
        addresses = tuple(part.strip() for part in self._environment.get(name, "").split(","))
        if addresses == ("",):
            return ()
        if not all(map(forms.endpoint, addresses)):
            self.faults.append(f"{name} is malformed: expected https or http URLs and commas")
        return addresses

    def secrets(self, name: str, needed_by: str) -> tuple[bytes, ...]:
        """Signing secrets as "Standard Webhooks" writes them, separated by commas."""
        value = self._environment.get(name, "")
        if not value:
            if self._environment.get(needed_by):
                self.faults.append(f"{name} is missing: {needed_by} needs {forms.SECRET_FORM}")
            return ()
        secrets = [forms.secret(part.strip()) for part in value.split(",")]
        if None in secrets:
            self.faults.append(f"{name} is malformed: expected {forms.SECRET_FORM}")
        return tuple(secret for secret in secrets if secret)

    def connection(
        self,
        name: str,
        address_name: str,
        is_connection_string: Callable[[str], bool],
        is_address: Callable[[str], bool],
    ) -> Connection:
        """A connection string under `name`, or an address under `name__address_name`, not both."""
        connection_string = self._environment.get(name) or None
        address = self._environment.get(f"{name}__{address_name}") or None
        expected = (
            f"{name} (a connection string) or {name}__{address_name} (for a managed identity)"
        )
        if (connection_string is None) == (address is None):
            count = "both" if address else "none"
            self.faults.append(f"expected {expected}: {count} of the two is set")
        if connection_string and not is_connection_string(connection_string):
            self.faults.append(f"{name} is malformed: expected the service's connection string")
        if address and not is_address(address):
            self.faults.append(
                f"{name}__{address_name} is malformed: expected the service's address"
            )
        return Connection(
            connection_string, address, self._environment.get(f"{name}__clientId") or None
        )

    def optional_connection(
        self,
        name: str,
        address_name: str,
        is_connection_string: Callable[[str], bool],
        is_address: Callable[[str], bool],
    ) -> Connection | None:
        """The same; None where nothing of it is set."""
        names = (name, f"{name}__{address_name}", f"{name}__clientId")
        if not any(self._environment.get(part) for part in names):
            return None
        return self.connection(name, address_name, is_connection_string, is_address)
