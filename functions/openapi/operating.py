"""What administrators may ask, as operations."""

from typing import Final

from custody.archive_job import ArchiveProgress, NeverArchived
from custody.archive_run import NotReconciled
from domain.values import Id, Moment
from functions import access_log, archive, audit, erasure, operations
from functions.openapi.operation import LOCATION, Answer, Given, Operation, Parameter
from functions.openapi.queries import NOON, page_size
from privacy.errors import NotErased
from projections.projection import UnknownProjection
from projections.rebuild import NotRebuildable, NotStarted, Progress
from projections.replay import UnknownDeadLetter

TAG: Final = "operations"

NAME: Final = Parameter(
    "name", str, "The projection's name.", "path", required=True, example="order_read_model"
)
CUSTOMER: Final = Parameter(
    "customerId", Id, "The customer's id.", "path", required=True, example="ada"
)
LETTER: Final = Parameter("id", str, "The dead letter's id.", "path", required=True)

OPERATING: Final = (
    Operation(
        route=operations.LIST_PROJECTIONS,
        tag=TAG,
        summary="List projections",
        description="How far each is behind the event log, and what it could not digest.",
        answers={200: Answer("Every projection.", operations.ProjectionStates)},
    ),
    Operation(
        route=operations.START_REBUILD,
        tag=TAG,
        summary="Start rebuild",
        description="Builds a projection anew beside the live one, which serves until the new one is whole.",
        parameters=(NAME,),
        answers={202: Answer("Started, or under way already.", Progress, (LOCATION,))},
        raises=(UnknownProjection, NotRebuildable),
        codes=("not-rebuildable",),
    ),
    Operation(
        route=operations.GET_REBUILD,
        tag=TAG,
        summary="Get rebuild",
        parameters=(NAME,),
        answers={200: Answer("How far the latest rebuild is.", Progress)},
        raises=(UnknownProjection, NotStarted),
    ),
    Operation(
        route=operations.LIST_DEAD_LETTERS,
        tag=TAG,
        summary="List dead letters",
        description="What projections could not digest.",
        answers={200: Answer("Every dead letter.", operations.ListedLetters)},
    ),
    Operation(
        route=operations.REPLAY_DEAD_LETTER,
        tag=TAG,
        summary="Replay dead letter",
        description="Tries again; what succeeds is no dead letter any more.",
        parameters=(LETTER,),
        answers={200: Answer("Whether it healed.", operations.Replayed)},
        raises=(UnknownDeadLetter,),
    ),
    Operation(
        route=audit.ROUTE,
        tag=TAG,
        summary="Read audit log",
        description="Who caused which event, when, the newest first.",
        parameters=(
            Parameter("aggregateId", Given, "Of this stream.", example="order-789"),
            Parameter("userId", Given, "Caused by this user."),
            Parameter("from", Moment, "At this moment or later.", example=NOON),
            Parameter("to", Moment, "At this moment or earlier.", example=NOON),
            page_size(audit.PAGE, audit.LARGEST_PAGE),
        ),
        answers={200: Answer("The entries.", audit.AuditLog)},
    ),
    Operation(
        route=access_log.READ_ACCESS_LOG,
        tag=TAG,
        summary="Read access log",
        description="Who read what, the newest first. This very request is on it.",
        parameters=(
            Parameter("aggregateId", Given, "Of this stream.", example="order-789"),
            Parameter("userId", Given, "Read by this user."),
            page_size(access_log.PAGE, access_log.LARGEST_PAGE),
        ),
        answers={200: Answer("The reads.", access_log.Accesses)},
    ),
    Operation(
        route=erasure.ERASE,
        tag=TAG,
        summary="Erase personal data",
        description="Destroys the customer's key: what was sealed under it is never opened again.",
        parameters=(CUSTOMER,),
        answers={202: Answer("The key is destroyed.", erasure.ErasureState, (LOCATION,))},
    ),
    Operation(
        route=erasure.GET_ERASURE,
        tag=TAG,
        summary="Get erasure",
        parameters=(CUSTOMER,),
        answers={200: Answer("The customer's newest erasure.", erasure.ErasureState)},
        raises=(NotErased,),
    ),
    Operation(
        route=archive.START_ARCHIVE,
        tag=TAG,
        summary="Start archive",
        description="Moves old events into blobs, behind stubs; they are read as before.",
        body=archive.StartArchive,
        answers={202: Answer("Started, or under way already.", ArchiveProgress, (LOCATION,))},
        raises=(NotReconciled,),
        codes=("not-reconciled",),
    ),
    Operation(
        route=archive.GET_ARCHIVE,
        tag=TAG,
        summary="Get archive",
        answers={200: Answer("How far the latest run is.", ArchiveProgress)},
        raises=(NeverArchived,),
    ),
)
