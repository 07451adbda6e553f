"""Drawing with characters: numbers, bars, intervals, lines; and `pane`, the one widget."""
