"""Databases, containers and their throughput."""

import re
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

from local.cosmos.container import Container, validate
from local.cosmos.database import Database
from local.cosmos.errors import ServiceError, bad_request, conflict, owner_not_found
from local.cosmos.indexing import DEFAULT_POLICY
from local.cosmos.names import resource_name
from local.cosmos.paths import Path
from local.cosmos.resource_ids import container_rid, database_rid
from local.cosmos.wire import decode_json, encode_json

_DEFAULT_THROUGHPUT: Final = 400
_PLAIN_STEP: Final = re.compile(r"\w+", re.ASCII)
_UNCHANGEABLE: Final = ("id", "partitionKey", "uniqueKeyPolicy")


class Catalog:
    """Looks up by name or by resource id; containers are read once and kept."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._containers: dict[tuple[str, str], Container] = {}

    def databases(self) -> list[dict[str, Any]]:
        rows = self._database.execute("SELECT properties FROM database ORDER BY number")
        return [decode_json(row[0].encode()) for row in rows]

    def database(self, name: str) -> dict[str, Any]:
        """The properties of a database; raises 404."""
        for column in ("name", "json_extract(properties, '$._rid')"):
            row = self._database.row(f"SELECT properties FROM database WHERE {column} = ?", (name,))
            if row:
                found: dict[str, Any] = decode_json(row[0].encode())
                return found
        raise ServiceError(404, "Resource Not Found")

    def create_database(self, properties: dict[str, Any]) -> dict[str, Any]:
        name = resource_name(properties.get("id"))
        with self._database.transaction():
            if self._database.row("SELECT 1 FROM database WHERE name = ?", (name,)):
                raise conflict("Resource with specified id or name already exists.")
            number = self._insert("INSERT INTO database (name, properties) VALUES (?, '')", (name,))
            rid = database_rid(number)
            links = {"_self": f"dbs/{rid}/", "_colls": "colls/", "_users": "users/"}
            properties = {"id": name, "_rid": rid, **links, **self._version()}
            self._save("database", number, properties)
        return properties

    def delete_database(self, name: str) -> None:
        found = self.database(name)
        containers = self.containers(found["id"])
        with self._database.transaction():
            for container in containers:
                self._drop(container)
            self._database.execute("DELETE FROM database WHERE name = ?", (found["id"],))

    def containers(self, database: str) -> list[Container]:
        """All containers of a database; raises 404 for the database."""
        name = self._owner(database)["id"]
        rows = self._database.execute(
            "SELECT container.name FROM container JOIN database ON database.number = "
            "container.database WHERE database.name = ? ORDER BY container.number",
            (name,),
        ).fetchall()
        return [self.container(name, row[0]) for row in rows]

    def container(self, database: str, name: str) -> Container:
        """A container by names or resource ids; raises 404."""
        found = self._containers.get((database, name))
        if found is None:
            found = self._read_container(self._owner(database)["id"], name)
            self._containers[database, name] = found
        return found

    def _owner(self, database: str) -> dict[str, Any]:
        try:
            return self.database(database)
        except ServiceError:
            raise owner_not_found() from None

    def _read_container(self, database: str, name: str) -> Container:
        row = self._database.row(
            "SELECT container.number, container.name, container.properties FROM container "
            "JOIN database ON database.number = container.database WHERE database.name = ? "
            "AND (container.name = ? OR json_extract(container.properties, '$._rid') = ?)",
            (database, name, name),
        )
        if row is None:
            raise ServiceError(404, "Resource Not Found")
        return Container(row[0], database, row[1], decode_json(row[2].encode()))

    def create_container(
        self, database: str, given: dict[str, Any], throughput: int | None
    ) -> Container:
        """Create a container; raises 400, 404 for the database, 409."""
        owner = self._owner(database)
        properties = _container_properties(given)
        with self._database.transaction():
            if self._exists(owner["id"], properties["id"]):
                raise conflict("Resource with specified id or name already exists.")
            number = self._insert(
                "INSERT INTO container (database, name, properties, throughput) "
                "SELECT number, ?, '', ? FROM database WHERE name = ?",
                (properties["id"], throughput or _DEFAULT_THROUGHPUT, owner["id"]),
            )
            properties |= self._container_links(owner["_rid"], number)
            self._save("container", number, properties)
            created = Container(number, owner["id"], properties["id"], properties)
            self._create_indexes(created)
        return created

    def _exists(self, database: str, name: str) -> bool:
        row = self._database.row(
            "SELECT 1 FROM container JOIN database ON database.number = container.database "
            "WHERE database.name = ? AND container.name = ?",
            (database, name),
        )
        return row is not None

    def _container_links(self, owner: str, number: int) -> dict[str, Any]:
        rid = container_rid(owner, number)
        return {"_rid": rid, "_self": f"dbs/{owner}/colls/{rid}/", **self._version()}

    def replace_container(self, container: Container, given: dict[str, Any]) -> Container:
        """Change indexing and TTL; raises 400 when anything that is fixed would change."""
        properties = container.properties | _container_properties(given)
        if "defaultTtl" not in given:
            properties.pop("defaultTtl", None)
        for name in _UNCHANGEABLE:
            if properties.get(name) != container.properties.get(name):
                raise bad_request(f"The property '{name}' of a container can't be changed.")
        replaced = Container(
            container.number, container.database, container.name, properties | self._version()
        )
        with self._database.transaction():
            self._save("container", container.number, replaced.properties)
            self._drop_indexes(container)
            self._create_indexes(replaced)
        self._containers.clear()
        return replaced

    def delete_container(self, container: Container) -> None:
        with self._database.transaction():
            self._drop(container)

    def _drop(self, container: Container) -> None:
        self._drop_indexes(container)
        for table, column in (
            ("document", "container"),
            ("unique_value", "container"),
            ("container", "number"),
        ):
            self._database.execute(f"DELETE FROM {table} WHERE {column} = ?", (container.number,))
        self._containers.clear()

    def lsn(self, container: Container) -> int:
        """The number of the last transaction."""
        row = self._database.row("SELECT lsn FROM container WHERE number = ?", (container.number,))
        return int(row[0])

    def next_lsn(self, container: Container) -> int:
        row = self._database.row(
            "UPDATE container SET lsn = lsn + 1 WHERE number = ? RETURNING lsn",
            (container.number,),
        )
        return int(row[0])

    def set_lsn(self, container: Container, lsn: int) -> None:
        """Put the count of transactions back, as a replica sees it that is behind."""
        self._database.execute(
            "UPDATE container SET lsn = ? WHERE number = ?", (lsn, container.number)
        )

    def offers(self) -> list[tuple[int, int, dict[str, Any]]]:
        """Per container its number, its throughput and its properties."""
        rows = self._database.execute("SELECT number, throughput, properties FROM container")
        return [(number, units, decode_json(text.encode())) for number, units, text in rows]

    def set_throughput(self, number: int, units: int) -> None:
        with self._database.transaction():
            self._database.execute(
                "UPDATE container SET throughput = ? WHERE number = ?", (units, number)
            )

    def _insert(self, sql: str, parameters: tuple[Any, ...]) -> int:
        return int(self._database.execute(sql, parameters).lastrowid or 0)

    def _save(self, table: str, number: int, properties: dict[str, Any]) -> None:
        text = encode_json(properties).decode()
        self._database.execute(
            f"UPDATE {table} SET properties = ? WHERE number = ?", (text, number)
        )

    def _version(self) -> dict[str, Any]:
        return {"_ts": int(self._clock()), "_etag": f'"{uuid4()}"'}

    def _create_indexes(self, container: Container) -> None:
        """An SQLite index per path that the indexing policy names: its queries become searches."""
        for position, path in enumerate(container.indexing.explicit):
            if (value := indexed_value(path)) is not None:
                self._database.execute(
                    f"CREATE INDEX {_index_name(container, position)} ON document "
                    f"(partition_key, {value}) WHERE container = {container.number}"
                )

    def _drop_indexes(self, container: Container) -> None:
        for position in range(len(container.indexing.explicit)):
            self._database.execute(f"DROP INDEX IF EXISTS {_index_name(container, position)}")


def indexed_value(path: Path) -> str | None:
    """The SQL expression for the value at a path, None for steps that it can't name."""
    if not all(_PLAIN_STEP.fullmatch(step) for step in path):
        return None
    return f"json_extract(body, '$.{'.'.join(path)}')"


def _index_name(container: Container, position: int) -> str:
    return f"document_path_{container.number}_{position}"


def _container_properties(given: dict[str, Any]) -> dict[str, Any]:
    """The properties that a client sets, defaults filled in; raises 400."""
    validate(given)
    policy = {**DEFAULT_POLICY, **(given.get("indexingPolicy") or {})}
    own = {name: value for name, value in given.items() if not name.startswith("_")}
    key = {"kind": "Hash", "version": 2, **given["partitionKey"]}
    return {
        **own,
        "id": resource_name(given.get("id")),
        "partitionKey": key,
        "indexingPolicy": policy,
    }
