"""Exports: what a run has, in forms that other programs read."""
