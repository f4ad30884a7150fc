"""Hypothesis strategies for what comes with a command."""

from hypothesis import strategies as st

from domain.events import Context
from tests.strategies.orders import optional

visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)

contexts = st.builds(
    Context,
    correlation_id=visible,
    causation_id=visible,
    command_hash=st.text("0123456789abcdef", min_size=64, max_size=64),
    user_id=optional(visible),
    ip_address=optional(visible),
    traceparent=optional(visible),
)
