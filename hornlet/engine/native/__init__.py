"""Kernels in C for what NumPy does slowly: optional, and equal to NumPy's to rounding."""
