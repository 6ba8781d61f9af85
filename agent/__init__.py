"""The analyst. One rule of the whole process stands here, since it must be set before anything loads numpy.

The matrices of one shop are small: spread over threads, their mathematics waits for itself (a forecast for five members
took 32 s of processor time, and 3 s on one thread; on a busy machine minutes). Whoever sets the variable decides.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
