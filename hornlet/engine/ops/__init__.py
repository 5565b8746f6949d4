"""The rows of the table of primitives, one file per family."""
