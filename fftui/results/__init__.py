"""Store and statistics joined: every number that anyone is shown is made here."""
