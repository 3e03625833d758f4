"""Faults at random moments of runs, drawn from a seed, and what must hold whatever they hit."""
