"""What can go wrong at run time through no fault of the program: data, devices, checkpoints.

Comes in: one line that says what is wrong and where, and what to do about it. Goes out: an
exception that the command line prints as `error: …` and `help: …`, without a traceback, and that
`archc` exports.
"""


class RuntimeFault(Exception):
    """Base of the three: `message` is one line, `help` says what to do (may be empty).

    `setting` names the setting of a source or an augmentation at fault, so that whoever knows
    where it was written can point at it; it is empty when no setting is at fault.
    """

    def __init__(self, message: str, help: str = "", setting: str = "") -> None:
        super().__init__(message, help, setting)
        self.message = message
        self.help = help
        self.setting = setting

    def __str__(self) -> str:
        return f"{self.message}\n  help: {self.help}" if self.help else self.message


class DataError(RuntimeFault):
    """Data cannot be read, do not hold what they should, or are asked for in a wrong way."""


class DeviceError(RuntimeFault):
    """A device was asked for that is not there or does not really run."""


class CheckpointError(RuntimeFault):
    """A checkpoint is missing, damaged, or belongs to another network."""
