"""The triggers: parse, call one thing, answer."""
