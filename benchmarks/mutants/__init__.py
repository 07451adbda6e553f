"""Guards taken out one at a time: for each the test that must notice."""
