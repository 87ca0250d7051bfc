"""Tests of mhkd/explain."""
