"""Pure arithmetic: counts in, numbers out. Nothing here loads more than `math`."""
