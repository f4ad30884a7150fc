-- What reports ask. Money is bigint in minor units (hundredths of the currency's unit), so that sums are
-- exact; a report divides by 100 where it shows. Currencies are never added to each other.

-- An order as it is now: its placing, and what became of it.
CREATE OR ALTER VIEW sales.current_orders AS
SELECT
    placed.order_id,
    placed.aggregate_id,
    placed.customer_id,
    placed.currency,
    placed.total_minor,
    placed.occurred_at AS placed_at,
    CAST(SUBSTRING(placed.occurred_at, 1, 10) AS date) AS day,
    shipped.occurred_at AS shipped_at,
    shipped.tracking_number,
    shipped.carrier,
    delivered.occurred_at AS delivered_at,
    cancelled.occurred_at AS cancelled_at,
    CASE
        WHEN cancelled.aggregate_id IS NOT NULL THEN 'cancelled'
        WHEN delivered.aggregate_id IS NOT NULL THEN 'delivered'
        WHEN shipped.aggregate_id IS NOT NULL THEN 'shipped'
        ELSE 'placed'
    END AS status
FROM sales.order_events AS placed
LEFT JOIN sales.order_events AS shipped
    ON shipped.aggregate_id = placed.aggregate_id AND shipped.event_type = 'OrderShipped'
LEFT JOIN sales.order_events AS delivered
    ON delivered.aggregate_id = placed.aggregate_id AND delivered.event_type = 'OrderDelivered'
LEFT JOIN sales.order_events AS cancelled
    ON cancelled.aggregate_id = placed.aggregate_id AND cancelled.event_type = 'OrderCancelled'
WHERE placed.event_type = 'OrderPlaced';
GO

-- A line of an order, with the day and the fate of the order.
CREATE OR ALTER VIEW sales.order_lines AS
SELECT
    orders.order_id,
    orders.day,
    orders.customer_id,
    orders.currency,
    items.product_id,
    items.quantity,
    items.quantity * items.price_minor AS revenue_minor,
    CASE WHEN orders.status = 'cancelled' THEN 1 ELSE 0 END AS is_cancelled
FROM sales.current_orders AS orders
JOIN sales.order_items AS items ON items.aggregate_id = orders.aggregate_id;
GO

-- A day is the UTC day of placing, for a later cancellation too: it takes nothing away from the day's
-- revenue, it adds to what of that revenue was cancelled.
CREATE OR ALTER VIEW sales.daily_sales AS
SELECT
    day,
    currency,
    COUNT(DISTINCT order_id) AS orders,
    SUM(quantity) AS units,
    SUM(revenue_minor) AS revenue_minor,
    COUNT(DISTINCT CASE WHEN is_cancelled = 1 THEN order_id END) AS cancelled_orders,
    SUM(is_cancelled * revenue_minor) AS cancelled_revenue_minor
FROM sales.order_lines
GROUP BY day, currency;
GO

CREATE OR ALTER VIEW sales.product_sales AS
SELECT
    day,
    product_id,
    currency,
    COUNT(DISTINCT order_id) AS orders,
    SUM(quantity) AS units,
    SUM(revenue_minor) AS revenue_minor,
    COUNT(DISTINCT CASE WHEN is_cancelled = 1 THEN order_id END) AS cancelled_orders,
    SUM(is_cancelled * revenue_minor) AS cancelled_revenue_minor
FROM sales.order_lines
GROUP BY day, product_id, currency;
GO

CREATE OR ALTER VIEW sales.customer_sales AS
SELECT
    day,
    customer_id,
    currency,
    COUNT(DISTINCT order_id) AS orders,
    SUM(quantity) AS units,
    SUM(revenue_minor) AS revenue_minor,
    COUNT(DISTINCT CASE WHEN is_cancelled = 1 THEN order_id END) AS cancelled_orders,
    SUM(is_cancelled * revenue_minor) AS cancelled_revenue_minor
FROM sales.order_lines
GROUP BY day, customer_id, currency;
GO
