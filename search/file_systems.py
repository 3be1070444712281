"""Which file system a path lies on: SQLite's locks do not work on those of a network.

Comes in: a path, and the table of what is mounted. Goes out: the kind of a network file system, or
nothing.
"""

from pathlib import Path

MOUNTS = Path("/proc/self/mounts")
NETWORK = {
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs",
    "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs",
}  # fmt: skip


def network_file_system(path: Path, mounts: str | None = None) -> str | None:
    """The kind of network file system that a path lies on; None where it is local, or unknown."""
    if mounts is None:
        mounts = MOUNTS.read_text(encoding="utf-8") if MOUNTS.exists() else ""
    resolved = path.resolve()
    best, found = -1, None
    for line in mounts.splitlines():
        _, place, kind, *_ = line.split()
        mounted = Path(place.replace("\\040", " "))
        # of several mounts at one place the last counts
        if resolved.is_relative_to(mounted) and len(mounted.parts) >= best:
            best, found = len(mounted.parts), kind
    return found if found in NETWORK else None
