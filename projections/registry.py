"""The projections that the application keeps: one line each."""

from projections.audit_log import AUDIT_LOG
from projections.notification_handler import NOTIFICATION_HANDLER
from projections.order_read_model import ORDER_READ_MODEL
from projections.order_search import ORDER_SEARCH
from projections.product_read_model import PRODUCT_READ_MODEL
from projections.projection import Projection
from projections.sales_report import SALES_REPORT

PROJECTIONS: tuple[Projection, ...] = (
    ORDER_READ_MODEL,
    ORDER_SEARCH,
    PRODUCT_READ_MODEL,
    SALES_REPORT,
    AUDIT_LOG,
    NOTIFICATION_HANDLER,
)
