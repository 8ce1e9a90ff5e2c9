"""How sure the list is: repeats of the run, other choices, and what they would change."""
