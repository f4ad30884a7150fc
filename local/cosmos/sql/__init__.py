"""The query language of Cosmos DB for NoSQL: text in, an evaluated query out."""

from local.cosmos.sql.errors import SqlError
from local.cosmos.sql.execution import Evaluator, Match, evaluator
from local.cosmos.sql.parser import parse
from local.cosmos.sql.values import UNDEFINED

__all__ = ["UNDEFINED", "Evaluator", "Match", "SqlError", "evaluator", "parse"]
