"""What an answer is: the keyword heuristic, the judge's request and reply, the flag rules.

Pure functions; nothing is sent from here.
"""
