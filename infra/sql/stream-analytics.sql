-- The Stream Analytics job: what happened to orders, as rows that are only ever added.
--
-- An event may come again; the tables' keys make that harmless (tables.sql). So the job keeps no state
-- and no window: what an order is now, and what a day sold, are views over these rows (views.sql).
-- Money becomes whole minor units, hundredths of the currency's unit, before it is ever added up: a JSON
-- number is a double here, and it carries hundredths exactly once it is rounded to them.

WITH order_history AS (
    SELECT
        aggregateId AS aggregate_id,
        version AS version,
        eventId AS event_id,
        eventType AS event_type,
        [timestamp] AS occurred_at,
        data AS data
    FROM domain_events
    WHERE aggregateType = 'Order'
)

SELECT
    aggregate_id,
    version,
    event_id,
    event_type,
    occurred_at,
    data.orderId AS order_id,
    data.customerId AS customer_id,
    CASE WHEN event_type = 'OrderPlaced' THEN COALESCE(data.currency, 'USD') END AS currency,
    CAST(ROUND(data.totalAmount * 100, 0) AS bigint) AS total_minor,
    data.trackingNumber AS tracking_number,
    data.carrier AS carrier
INTO order_events
FROM order_history

SELECT
    order_history.aggregate_id AS aggregate_id,
    item.ArrayIndex AS line,
    item.ArrayValue.productId AS product_id,
    CAST(item.ArrayValue.quantity AS bigint) AS quantity,
    CAST(ROUND(item.ArrayValue.price * 100, 0) AS bigint) AS price_minor
INTO order_items
FROM order_history
CROSS APPLY GetArrayElements(order_history.data.items) AS item
WHERE order_history.event_type = 'OrderPlaced'
