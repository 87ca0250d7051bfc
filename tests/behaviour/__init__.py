"""Tests of the written pairs of posts."""
