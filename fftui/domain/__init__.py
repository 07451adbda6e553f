"""The nouns of an evaluation, frozen and typed. No input or output happens here.

`plan` is the one module that loads pydantic; import it by its full name, and only where a plan
is read, so that `fftui status` and `fftui attach` start without it.
"""
