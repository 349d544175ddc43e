"""Errors that are the user's to mend."""


class UserError(Exception):
    """One clear line naming the file or key and the fix; the command line shows it without a traceback."""
