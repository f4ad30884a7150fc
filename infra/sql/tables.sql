-- What the Stream Analytics job writes. It only inserts, and it may insert again: a row whose key is
-- there already is ignored. Run again at any time.

IF SCHEMA_ID('sales') IS NULL EXEC('CREATE SCHEMA sales');
GO

IF OBJECT_ID('sales.order_events') IS NULL
CREATE TABLE sales.order_events (
    aggregate_id varchar(80) NOT NULL,
    version int NOT NULL,
    event_id char(36) NOT NULL,
    event_type varchar(80) NOT NULL,
    occurred_at varchar(27) NOT NULL,
    order_id varchar(64) NOT NULL,
    customer_id varchar(64) NULL,
    currency char(3) NULL,
    total_minor bigint NULL,
    tracking_number nvarchar(1000) NULL,
    carrier nvarchar(1000) NULL,
    CONSTRAINT order_events_key PRIMARY KEY (aggregate_id, version) WITH (IGNORE_DUP_KEY = ON)
);
GO

IF OBJECT_ID('sales.order_items') IS NULL
CREATE TABLE sales.order_items (
    aggregate_id varchar(80) NOT NULL,
    line int NOT NULL,
    product_id varchar(64) NOT NULL,
    quantity bigint NOT NULL,
    price_minor bigint NOT NULL,
    CONSTRAINT order_items_key PRIMARY KEY (aggregate_id, line) WITH (IGNORE_DUP_KEY = ON)
);
GO
