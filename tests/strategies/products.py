"""Hypothesis strategies for products: few orders, so that they meet."""

from hypothesis import strategies as st

from domain.product import ProductCommand, ReceiveStock, ReleaseStock, ReserveStock, ShipStock

orders = st.sampled_from(["order-1", "order-2", "order-3"])
quantities = st.integers(1, 20)

commands: st.SearchStrategy[ProductCommand] = st.one_of(
    st.builds(ReceiveStock, quantity=quantities),
    st.builds(ReserveStock, order_id=orders, quantity=quantities),
    st.builds(ReleaseStock, order_id=orders),
    st.builds(ShipStock, order_id=orders),
)
