"""AMQP 1.0 as far as Event Hubs speaks it: values, performatives, frames and messages, without any I/O."""
