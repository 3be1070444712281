"""Why an edit is not made."""


class Refused(Exception):
    """This way of making an edit gives no valid program; the message says why."""


class NoEdit(ValueError):
    """No valid edit was found at a place, or in a whole program; the message says where, how many
    ways were tried, and why the last one was refused.
    """
