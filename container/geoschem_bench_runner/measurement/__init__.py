"""What is measured of a job, how, and on what: time, CPU, memory, the machine."""
