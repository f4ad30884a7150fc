"""The change feed of the event store, forwarded to Event Hubs."""

import azure.functions as func

from functions.traced import forwarding, run
from wiring import Application


def blueprint(application: Application) -> func.Blueprint:
    """One function, fed from the first event on.

    It fails when any event was not accepted; its policy retries without end, and the lease stays put
    meanwhile: an event is never skipped.
    """
    change_feed = func.Blueprint()

    @change_feed.function_name("forward_events")
    @change_feed.cosmos_db_trigger(
        arg_name="documents",
        connection="CosmosDB",
        database_name="%COSMOS_DATABASE%",
        container_name="events",
        lease_container_name="leases",
        lease_container_prefix="forward_events",
        start_from_beginning=True,  # type: ignore[arg-type]  # annotated as a time by mistake
        max_items_per_invocation=1000,
        feed_poll_delay=application.settings.feed_poll_milliseconds,
    )
    @change_feed.retry(
        strategy="exponential_backoff",
        max_retry_count="-1",
        minimum_interval="00:00:01",
        maximum_interval="00:01:00",
    )
    async def forward_events(documents: func.DocumentList) -> None:
        batch = [document.data for document in documents]
        hub = application.settings.event_hub_name
        with run("forward_events", "datasource"), forwarding(hub, batch):
            await application.forwarder.forward(batch)

    return change_feed
