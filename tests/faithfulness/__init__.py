"""Tests of the evaluation of explanations."""
