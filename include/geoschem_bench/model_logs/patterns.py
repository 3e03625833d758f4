"""What is looked for in a log, in one pass, as bytes."""

from __future__ import annotations

import re

_ECHO = "|".join((
    "===> (?:GEOS-Chem version|Compiler|SIMULATION (?:START|END) TIME) *:",
    "(?:GCHP|GCHPctm|GEOS-Chem) version *:",
    "(?:Start|End) time of run *:",
    "Simulation name *:", "Meteorology field *:", "Grid resolution *:", "Z grid dimension *:",
    "Turn on GEOS-Chem timers *:", "M(?:in/max|in, max) l(?:ongitude|atitude) *:",
    "Is this a nested-grid sim",
))  # fmt: skip
_GCHP = "|".join((
    r"CAP: (?:INFO: )?(?:Read CAP restart properly, Current Date|[ ]*Current Time) *=",
    r"SHMEM: (?:INFO: )?(?:Total PEs|NumNodes in use) *=",
    r"(?:Integer\*4 )?Resource Parameter: (?:NX|NY|IM|LM|GCHP\.IM_WORLD|GCHP\.LM):",
    r"n_split is set to \d+ for resolution-dt=",
    r"Starting PEs *:",
    r"(?:NX|NY|GCHP\.IM_WORLD|GCHP\.LM|JOB_SGMT) +: ",
    r"===> Run (?:started|ended) at ",
))  # fmt: skip
_ERROR = "|".join((
    "GEOS-C(?:hem|HEM) ERROR", "HEMCO ERROR", "WETDEP: ERROR", "Program received signal",
    "forrtl: (?:severe|error)", "Fortran runtime error", r"slurmstepd: error: (?!.*[Ee]poll)",
    "srun: error", r"pe=\d+ FAIL at", "FATAL(?: from PE|:)", r"MPI_ABORT was invoked",
    "application called MPI_Abort", r"double free or corruption", r"free\(\): ", "munmap_chunk",
    "Command (?:terminated by signal|exited with non-zero)", "Killed", "Segmentation fault",
    "STOP ERROR", "No space left on device",
))  # fmt: skip
_PREFIX = r"\n[ \t]*+(?:\d{4,6}: (?:MAPL\.profiler: INFO: )?)?[ \t]*+"
"""pFlogger puts the rank and the logger's name before each line of allPEs.log."""

NOTED = re.compile(
    (
        f"{_PREFIX}(?=[!*=A-Zadfmnps])(?:"
        r"(?P<start>\*+ +S T A R T I N G[^\n]*G E O S[^\n]*)"
        r"|(?P<end>\*+ +E N D   O F   G E O S ?--? ?C H E M[^\n]*)"
        r"|(?P<dry>!!! GEOS-CHEM IS IN DRY-RUN MODE)"
        r"|(?P<closing>(?:MAPL: INFO: )?Model Throughput: +\S+ days per day)"
        rf"|(?P<error>(?:{_ERROR})[^\n]*)"
        rf"|(?P<echo>(?:{_ECHO})[^\n]*)"
        rf"|(?P<gchp>(?:{_GCHP})[^\n]*)"
        ")"
    ).encode()
)
"""At the start of a line. The literal newline in front makes it fast, and so does the set of first
letters: most lines are not theirs (the first letter of a new word must be added there)."""

ANYWHERE = (b"emory", b"on signal", b"Killed", b"oom", b"TIME LIMIT")
"""Short words that few lines hold; what a line means is then asked of ERROR_ANYWHERE."""
ERROR_ANYWHERE = re.compile(
    rb"Cannot allocate memory|[Oo]ut[- ][Oo]f[- ][Mm]emory|oom[-_]kill|[Oo]om-killer"
    rb"|[Ii]nsufficient (?:virtual )?memory|\bKilled\b|exited on signal \d+|DUE TO TIME LIMIT"
)

STEP_CLASSIC = b"\n---> DATE: "
STEP_GCHP = b"Throughput(days/day)["
STEP_GCHP_PARTS = re.compile(
    rb"Date: {1,4}(?P<time>\d{4}/\d\d/\d\d {1,4}Time: \d\d:\d\d:\d\d) {1,9}"
    rb"Throughput\(days/day\)\[[^\]\n]{0,40}\]:"
    rb"(?:[^\n]{0,80}?TimeRemaining\(Est\) {1,4}(?P<remaining>\d{1,4}:\d\d:\d\d))?"
)
MEMORY_GCHP = re.compile(rb"Mem/Swap Used \(MB\) at [^=\n]{0,80}= {0,9}([0-9.Ee+-]{1,20}) ")
THREADS = re.compile(rb"(?:OMP_NUM_THREADS|OpenMP threads)[ \"']*[=:][ \"']*(\d{1,4})\b")

TIMERS = b"G E O S - C H E M   T I M E R S"
TIME_COMMAND = b"Command being timed"
REPORT = b"Report on process:"
COMPONENTS = b"Times for "
