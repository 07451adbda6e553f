"""fftui: live monitoring of language-model safety evaluations in the terminal."""

__version__ = "0.1.0"
