"""What is open to everybody, as operations: the application about itself."""

from typing import Final

from functions import docs, health
from functions.openapi.operation import Answer, Operation

TAG: Final = "about"

ABOUT: Final = (
    Operation(
        route=health.ROUTE,
        tag=TAG,
        summary="Get health",
        answers={
            200: Answer("Up, as far as commands need.", health.Health),
            503: Answer("Down: something is that commands need.", health.Health),
        },
    ),
    Operation(
        route=docs.DOCUMENT,
        tag=TAG,
        summary="Get this document",
        answers={200: Answer("OpenAPI 3.1.", docs.Document)},
    ),
    Operation(
        route=docs.PAGE,
        tag=TAG,
        summary="Get this document as a page",
        answers={
            200: Answer("HTML, complete in itself.", media_type="text/html"),
        },
    ),
)
