"""One file per contestant: `make(case)` gives (function to time, units of work in one call)."""
