"""What is open to everybody, as operations: the application about itself."""

from typing import Final

from functions import docs, health
from functions.openapi.operation import ETAG, IF_NONE_MATCH, Answer, Operation

TAG: Final = "about"
UNCHANGED: Final = Answer("The caller has it already.", headers=(ETAG,))

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
        parameters=(IF_NONE_MATCH,),
        answers={200: Answer("OpenAPI 3.1.", docs.Document, (ETAG,)), 304: UNCHANGED},
    ),
    Operation(
        route=docs.PAGE,
        tag=TAG,
        summary="Get this document as a page",
        parameters=(IF_NONE_MATCH,),
        answers={
            200: Answer("HTML, complete in itself.", headers=(ETAG,), media_type="text/html"),
            304: UNCHANGED,
        },
    ),
)
