"""The screen on which targets stand against each other."""
