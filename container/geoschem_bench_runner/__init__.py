"""The benchmark program: runs one benchmark, measures it, writes its manifest."""
