"""A disk that takes nothing more, for anybody: RLIMIT_FSIZE of a running process is set to 0, so that each write to a file of its
fails with EFBIG, as one to a full disk does with ENOSPC. Needs neither root nor strace."""

import resource

# The signal that comes with it would end the process; ignored, write() fails instead.
WRAPPER = ("env", "--ignore-signal=XFSZ")


class FileSizeLimit:
    """While open, or until recover(), the process cannot write to files."""

    def __init__(self, pid):
        self._pid = pid

    def __enter__(self):
        _, self._hard = resource.prlimit(self._pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (0, self._hard))
        return self

    def recover(self):
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (self._hard, self._hard))

    def __exit__(self, *_):
        self.recover()
