"""The HTTP contract as documents, from the code's own types. Never loaded by the running application."""
