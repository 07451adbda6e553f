"""The monitor: one run, live. `screen` holds it together; each pane is a module of its own."""
