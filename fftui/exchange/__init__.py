"""Results that came about elsewhere, read; later also exports and the report."""
