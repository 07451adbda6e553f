"""The run file. All SQL of fftui is in this room."""
