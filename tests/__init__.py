"""Tests, and what benchmarks and scripts borrow from them."""
