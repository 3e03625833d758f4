"""Tests of the stack: of its template, which is all that AWS sees of it."""
